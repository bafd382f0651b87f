import { OfflineError, ProblemError, sentence } from '../api/client';
import { sendFiles } from '../api/jobs';
import type { Job, Limits } from '../api/types';
import type { Row } from './upload-item.svelte';

const LANES = 4;
const FIRST = { files: 4, bytes: 4_000_000 };
const USUAL = { files: 8, bytes: 16_000_000 };
/** Room for the multipart headers and a long name of each file. */
const OVERHEAD = 2_000;
const TRIES = 5;
const LONGEST_PAUSE_MS = 15_000;
/** A minute's allowance of requests comes back within the minute. */
const LONGEST_ASKED_MS = 60_000;

type Hooks = {
	limits: () => Limits | null;
	/** An answer, with the rows that its items are about, in the same order. */
	onanswer: (job: Job, rows: Row[]) => void;
	/** Words about the line, or null when it works again. */
	ontrouble: (words: string | null) => void;
	post?: typeof sendFiles;
};

/**
 * Sends waiting rows in small requests, at most four at a time, all under one job. The first
 * goes alone, because it brings the job's id.
 */
export class Sender {
	jobId: string | null;
	#waiting: Row[] = [];
	#hooks: Hooks;
	#running: Promise<void> | null = null;
	#stop = new AbortController();

	constructor(jobId: string | null, hooks: Hooks) {
		this.jobId = jobId;
		this.#hooks = hooks;
	}

	get busy(): boolean {
		return this.#running !== null;
	}

	add(rows: Row[]): Promise<void> {
		this.#waiting.push(...rows);
		this.#running ??= this.#drain().finally(() => (this.#running = null));
		return this.#running;
	}

	/** Sends nothing further. What is on its way arrives, so that no file's fate is unknown. */
	async cancel(): Promise<void> {
		for (const row of this.#waiting.splice(0)) row.cancel();
		this.#stop.abort();
		await this.#running;
		this.#stop = new AbortController();
	}

	async #drain(): Promise<void> {
		while (this.#waiting.length > 0) {
			if (this.jobId === null) await this.#deliver(this.#take(FIRST));
			else await Promise.all(Array.from({ length: LANES }, () => this.#lane()));
		}
	}

	async #lane(): Promise<void> {
		while (this.#waiting.length > 0) await this.#deliver(this.#take(USUAL));
	}

	#take(most: typeof USUAL): Row[] {
		const limits = this.#hooks.limits();
		const files = Math.min(most.files, limits?.max_files_per_request ?? most.files);
		const bytes = Math.min(most.bytes, limits?.max_request_bytes ?? most.bytes);
		let sum = 0;
		let taken = 0;
		for (const row of this.#waiting.slice(0, files)) {
			sum += (row.size ?? 0) + OVERHEAD;
			if (taken > 0 && sum > bytes) break;
			taken += 1;
		}
		return this.#waiting.splice(0, taken);
	}

	async #deliver(rows: Row[]): Promise<void> {
		const key = uniqueKey();
		for (let attempt = 1; ; attempt += 1) {
			if (this.#stop.signal.aborted) {
				for (const row of rows) row.cancel();
				return;
			}
			try {
				await this.#post(rows, key);
				return;
			} catch (error) {
				if (this.#stop.signal.aborted) continue;
				if (!mayPass(error, attempt)) return this.#refuse(rows, error);
				for (const row of rows) row.wait();
				this.#hooks.ontrouble(sentence(error));
				await pause(delay(error, attempt), this.#stop.signal);
			}
		}
	}

	async #post(rows: Row[], key: string): Promise<void> {
		const files = rows.map((row) => row.file).filter((file) => file !== null);
		const onsent = (bytes: number) => share(rows, bytes);
		onsent(0);
		const post = this.#hooks.post ?? sendFiles;
		const job = await post({ jobId: this.jobId, files, key, onsent });
		this.jobId ??= job.id;
		this.#hooks.ontrouble(null);
		this.#hooks.onanswer(job, rows);
	}

	/** One bad file must not take its neighbours along: alone, each gets its own answer. */
	async #refuse(rows: Row[], error: unknown): Promise<void> {
		const [only, ...others] = rows;
		if (error instanceof ProblemError && error.status === 401) {
			// All wait for somebody to sign in again.
			for (const row of [...rows, ...this.#waiting.splice(0)]) row.giveUp(error.message);
		} else if (others.length > 0) {
			for (const row of rows) await this.#deliver([row]);
		} else if (error instanceof ProblemError && !error.passing) {
			only?.refuse(error.message);
		} else {
			only?.giveUp(sentence(error));
		}
		this.#hooks.ontrouble(null);
	}
}

/** A lost line is waited out for ever; a service in trouble gets a few tries. */
function mayPass(error: unknown, attempt: number): boolean {
	if (error instanceof OfflineError) return true;
	return error instanceof ProblemError && error.passing && attempt < TRIES;
}

function delay(error: unknown, attempt: number): number {
	const asked = error instanceof ProblemError ? error.retryAfter : null;
	if (asked !== null) return Math.min(LONGEST_ASKED_MS, asked * 1000);
	return Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempt);
}

/** Lays the bytes of one request out over its files, first to last. */
function share(rows: Row[], bytes: number): void {
	let left = bytes;
	for (const row of rows) {
		row.progressTo(Math.max(0, Math.min(left, row.size ?? 0)));
		left -= row.size ?? 0;
	}
}

/** Ends early when the network comes back or the upload is cancelled. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
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

/** crypto.randomUUID exists only on https and loopback; a gallery in the house has neither. */
function uniqueKey(): string {
	return [...crypto.getRandomValues(new Uint8Array(16))]
		.map((byte) => byte.toString(16).padStart(2, '0'))
		.join('');
}
