import { notes } from './storage';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];

/** The chosen theme; `public/theme.js` reads the same key before the first paint. */
class ThemeChoice {
	#chosen = $state<Theme>(chosenTheme());

	get current(): Theme {
		return this.#chosen;
	}

	next(): void {
		this.#chosen = ORDER[(ORDER.indexOf(this.#chosen) + 1) % ORDER.length] ?? 'system';
		if (this.#chosen === 'system') delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = this.#chosen;
		notes.write(KEY, this.#chosen);
	}
}

function chosenTheme(): Theme {
	const set = document.documentElement.dataset.theme;
	return set === 'light' || set === 'dark' ? set : 'system';
}

export const theme = new ThemeChoice();
