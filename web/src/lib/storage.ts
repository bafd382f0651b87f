const PREFIX = 'gallery:';

/** Small things that this browser remembers. Storage may be switched off or full: then nothing is. */
export const notes = {
	read(key: string): string | null {
		try {
			return localStorage.getItem(PREFIX + key);
		} catch {
			return null;
		}
	},

	write(key: string, value: string | null): void {
		try {
			if (value === null) localStorage.removeItem(PREFIX + key);
			else localStorage.setItem(PREFIX + key, value);
		} catch {
			// What cannot be noted lasts as long as the page.
		}
	},
};
