import { isAbort, errorMessage } from '../api/client';

const BLOB_BYTES = 8_000_000;

/** Download of one file with progress; it can be cancelled. */
export class Download {
	#received = $state<number | null>(null);
	#error = $state.raw<string | null>(null);
	#abort = new AbortController();

	/** Bytes received; null while no download runs. */
	get received(): number | null {
		return this.#received;
	}
	get error(): string | null {
		return this.#error;
	}

	/** Fetch the file and save it under the name in its headers, else under `fallbackName`. */
	async start(
		fetchFile: (signal: AbortSignal) => Promise<Response>,
		fallbackName: string,
	): Promise<void> {
		this.#abort = new AbortController();
		this.#error = null;
		this.#received = 0;
		try {
			const response = await fetchFile(this.#abort.signal);
			const type = response.headers.get('content-type') ?? '';
			const blobs = await this.#collect(response);
			save(new Blob(blobs, { type }), nameOf(response) ?? fallbackName);
		} catch (error) {
			if (!isAbort(error)) this.#error = errorMessage(error);
		} finally {
			this.#received = null;
		}
	}

	cancel(): void {
		this.#abort.abort();
	}

	/** Read the body into blobs, which browsers may keep on disk instead of in memory. */
	async #collect(response: Response): Promise<Blob[]> {
		const blobs: Blob[] = [];
		let buffered: Uint8Array<ArrayBuffer>[] = [];
		let bytes = 0;
		const reader = response.body?.getReader();
		while (reader) {
			const { done, value } = await reader.read();
			if (done) break;
			buffered.push(value);
			bytes += value.byteLength;
			this.#received = (this.#received ?? 0) + value.byteLength;
			if (bytes < BLOB_BYTES) continue;
			blobs.push(new Blob(buffered));
			buffered = [];
			bytes = 0;
		}
		return [...blobs, new Blob(buffered)];
	}
}

const nameOf = (response: Response): string | undefined =>
	/filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1];

function save(blob: Blob, name: string): void {
	const url = URL.createObjectURL(blob);
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	// The browser reads the blob after the click has returned.
	setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
