import { isAbort, respond, sentence } from '../api/client';

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

	async start(path: string, fallbackName: string): Promise<void> {
		this.#stop = new AbortController();
		this.#error = null;
		this.#received = 0;
		try {
			const response = await respond(path, { signal: this.#stop.signal });
			const type = response.headers.get('content-type') ?? '';
			save(new Blob(await this.#collect(response), { type }), nameOf(response) ?? fallbackName);
		} catch (error) {
			if (!isAbort(error)) this.#error = sentence(error);
		} finally {
			this.#received = null;
		}
	}

	stop(): void {
		this.#stop.abort();
	}

	async #collect(response: Response): Promise<Uint8Array<ArrayBuffer>[]> {
		const pieces: Uint8Array<ArrayBuffer>[] = [];
		const reader = response.body?.getReader();
		while (reader) {
			const { done, value } = await reader.read();
			if (done) break;
			pieces.push(value);
			this.#received = (this.#received ?? 0) + value.byteLength;
		}
		return pieces;
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
