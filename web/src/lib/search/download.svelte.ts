import { isAbort, sentence } from '../api/client';

const BLOB_BYTES = 8_000_000;

/** One file on its way down, with the bytes so far; it can be stopped. */
export class Download {
	#received = $state<number | null>(null);
	#error = $state.raw<string | null>(null);
	#stop = new AbortController();

	/** Null while nothing is on its way. */
	get received(): number | null {
		return this.#received;
	}
	get error(): string | null {
		return this.#error;
	}

	async start(
		ask: (signal: AbortSignal) => Promise<Response>,
		fallbackName: string,
	): Promise<void> {
		this.#stop = new AbortController();
		this.#error = null;
		this.#received = 0;
		try {
			const response = await ask(this.#stop.signal);
			const type = response.headers.get('content-type') ?? '';
			const pieces = await this.#collect(response);
			save(new Blob(pieces, { type }), nameOf(response) ?? fallbackName);
		} catch (error) {
			if (!isAbort(error)) this.#error = sentence(error);
		} finally {
			this.#received = null;
		}
	}

	stop(): void {
		this.#stop.abort();
	}

	/** In blobs, which the browser may put on its disk; a large archive need not fit into memory. */
	async #collect(response: Response): Promise<Blob[]> {
		const blobs: Blob[] = [];
		let held: Uint8Array<ArrayBuffer>[] = [];
		let bytes = 0;
		const reader = response.body?.getReader();
		while (reader) {
			const { done, value } = await reader.read();
			if (done) break;
			held.push(value);
			bytes += value.byteLength;
			this.#received = (this.#received ?? 0) + value.byteLength;
			if (bytes < BLOB_BYTES) continue;
			blobs.push(new Blob(held));
			held = [];
			bytes = 0;
		}
		return [...blobs, new Blob(held)];
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
