import { storage } from './storage';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];

/** Chosen theme. `public/theme.js` applies the same storage key before the first paint. */
class ThemeSetting {
	#current = $state<Theme>(initialTheme());

	get current(): Theme {
		return this.#current;
	}

	/** Switch to the next theme: system, light, dark. */
	next(): void {
		this.#current = ORDER[(ORDER.indexOf(this.#current) + 1) % ORDER.length] ?? 'system';
		if (this.#current === 'system') delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = this.#current;
		storage.write(KEY, this.#current);
	}
}

function initialTheme(): Theme {
	const set = document.documentElement.dataset.theme;
	return set === 'light' || set === 'dark' ? set : 'system';
}

export const theme = new ThemeSetting();
