import { OfflineError, ProblemError, errorMessage } from '../api/client';
import { sendFiles } from '../api/jobs';
import type { Job, Limits } from '../api/types';
import type { UploadItem } from './upload-item.svelte';

const MAX_PARALLEL_REQUESTS = 4;
const FIRST_REQUEST = { files: 4, bytes: 4_000_000 };
const LATER_REQUEST = { files: 8, bytes: 16_000_000 };
/** Allowance per file for multipart headers and a long name. */
const MULTIPART_OVERHEAD_BYTES = 2_000;
const MAX_ATTEMPTS = 5;
const MAX_BACKOFF_MS = 15_000;
/** The rate limit resets every minute. */
const MAX_RETRY_AFTER_MS = 60_000;

type Hooks = {
	limits: () => Limits | null;
	/** Called with a response and the sent items, in the order of the items of the response. */
	onresponse: (job: Job, items: UploadItem[]) => void;
	/** Called with the error while requests are retried, and with null once one succeeds. */
	onerror: (message: string | null) => void;
	post?: typeof sendFiles;
};

/**
 * Queue that uploads the files of one job in small requests, at most four at a time. The first
 * request runs alone, because it creates the job.
 */
export class Sender {
	jobId: string | null;
	#waiting: UploadItem[] = [];
	#hooks: Hooks;
	#running: Promise<void> | null = null;
	#abort = new AbortController();

	constructor(jobId: string | null, hooks: Hooks) {
		this.jobId = jobId;
		this.#hooks = hooks;
	}

	get busy(): boolean {
		return this.#running !== null;
	}

	add(items: UploadItem[]): Promise<void> {
		this.#waiting.push(...items);
		this.#running ??= this.#run().finally(() => (this.#running = null));
		return this.#running;
	}

	/** Stop sending. Requests in flight complete, so that the state of every file is known. */
	async cancel(): Promise<void> {
		for (const item of this.#waiting.splice(0)) item.cancel();
		this.#abort.abort();
		await this.#running;
		this.#abort = new AbortController();
	}

	async #run(): Promise<void> {
		while (this.#waiting.length > 0) {
			if (this.jobId === null) await this.#sendWithRetry(this.#nextBatch(FIRST_REQUEST));
			else
				await Promise.all(
					Array.from({ length: MAX_PARALLEL_REQUESTS }, () => this.#sendUntilEmpty()),
				);
		}
	}

	async #sendUntilEmpty(): Promise<void> {
		while (this.#waiting.length > 0) await this.#sendWithRetry(this.#nextBatch(LATER_REQUEST));
	}

	/** Remove and return the next files that fit into one request. */
	#nextBatch(limit: typeof LATER_REQUEST): UploadItem[] {
		const limits = this.#hooks.limits();
		const files = Math.min(limit.files, limits?.max_files_per_request ?? limit.files);
		const bytes = Math.min(limit.bytes, limits?.max_request_bytes ?? limit.bytes);
		let sum = 0;
		let taken = 0;
		for (const item of this.#waiting.slice(0, files)) {
			sum += (item.size ?? 0) + MULTIPART_OVERHEAD_BYTES;
			if (taken > 0 && sum > bytes) break;
			taken += 1;
		}
		return this.#waiting.splice(0, taken);
	}

	/** Send one request, and repeat it under the same idempotency key after transient errors. */
	async #sendWithRetry(items: UploadItem[]): Promise<void> {
		const key = createIdempotencyKey();
		for (let attempt = 1; ; attempt += 1) {
			if (this.#abort.signal.aborted) {
				for (const item of items) item.cancel();
				return;
			}
			try {
				await this.#post(items, key);
				return;
			} catch (error) {
				if (this.#abort.signal.aborted) continue;
				if (!shouldRetry(error, attempt)) return this.#handleFailure(items, error);
				for (const item of items) item.wait();
				this.#hooks.onerror(errorMessage(error));
				await sleep(delay(error, attempt), this.#abort.signal);
			}
		}
	}

	async #post(items: UploadItem[], key: string): Promise<void> {
		const files = items.map((item) => item.file).filter((file) => file !== null);
		const onsent = (bytes: number) => distributeProgress(items, bytes);
		onsent(0);
		const post = this.#hooks.post ?? sendFiles;
		const job = await post({ jobId: this.jobId, files, key, onsent });
		this.jobId ??= job.id;
		this.#hooks.onerror(null);
		this.#hooks.onresponse(job, items);
	}

	/** Send the files of a rejected request one by one, so that one bad file fails alone. */
	async #handleFailure(items: UploadItem[], error: unknown): Promise<void> {
		const [first, ...others] = items;
		if (error instanceof ProblemError && error.status === 401) {
			// No request can succeed before the user signs in again.
			for (const item of [...items, ...this.#waiting.splice(0)]) item.fail(error.message);
		} else if (others.length > 0) {
			for (const item of items) await this.#sendWithRetry([item]);
		} else if (error instanceof ProblemError && !error.isTransient) {
			first?.reject(error.message);
		} else {
			first?.fail(errorMessage(error));
		}
		this.#hooks.onerror(null);
	}
}

/** Retry without limit while offline, and up to MAX_ATTEMPTS times after a transient error. */
function shouldRetry(error: unknown, attempt: number): boolean {
	if (error instanceof OfflineError) return true;
	return error instanceof ProblemError && error.isTransient && attempt < MAX_ATTEMPTS;
}

/** Return the wait before the next attempt, in milliseconds. */
function delay(error: unknown, attempt: number): number {
	const retryAfter = error instanceof ProblemError ? error.retryAfter : null;
	if (retryAfter !== null) return Math.min(MAX_RETRY_AFTER_MS, retryAfter * 1000);
	return Math.min(MAX_BACKOFF_MS, 500 * 2 ** attempt);
}

/** Distribute the bytes sent of one request over its files, in order. */
function distributeProgress(items: UploadItem[], bytes: number): void {
	let left = bytes;
	for (const item of items) {
		item.setProgress(Math.max(0, Math.min(left, item.size ?? 0)));
		left -= item.size ?? 0;
	}
}

/** Wait; end early when the browser comes online or the upload is cancelled. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			removeEventListener('online', end);
			signal.removeEventListener('abort', end);
			resolve();
		};
		const timer = setTimeout(end, milliseconds);
		addEventListener('online', end);
		signal.addEventListener('abort', end);
	});
}

/** Return 32 random hex digits. crypto.randomUUID is missing on plain HTTP outside loopback. */
function createIdempotencyKey(): string {
	return [...crypto.getRandomValues(new Uint8Array(16))]
		.map((byte) => byte.toString(16).padStart(2, '0'))
		.join('');
}
