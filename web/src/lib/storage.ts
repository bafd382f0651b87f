const PREFIX = 'gallery:';

/** Prefixed localStorage. Without storage, or when it is full, reads return null and writes do nothing. */
export const storage = {
	read(key: string): string | null {
		try {
			return localStorage.getItem(PREFIX + key);
		} catch {
			return null;
		}
	},

	/** Store a value; null removes it. */
	write(key: string, value: string | null): void {
		try {
			if (value === null) localStorage.removeItem(PREFIX + key);
			else localStorage.setItem(PREFIX + key, value);
		} catch {
			// The setting then lasts until the page is closed.
		}
	},
};
