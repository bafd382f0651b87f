const KEY = 'gallery:sending:';

/** Notes how many files a job is to have, so that a reload can tell how many never left. */
export function noteExpected(id: string, files: number): void {
	store((storage) => storage.setItem(KEY + id, String(files)));
}

export function forgetExpected(id: string): void {
	store((storage) => storage.removeItem(KEY + id));
}

export function expectedFiles(id: string): number {
	return store((storage) => Number(storage.getItem(KEY + id) ?? 0)) ?? 0;
}

/** Storage may be switched off or full; then nothing is noted. */
function store<T>(action: (storage: Storage) => T): T | undefined {
	try {
		return action(localStorage);
	} catch {
		return undefined;
	}
}
