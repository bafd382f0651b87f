import type { JobItem, Prediction } from '../api/types';
import { canRetry, problemText } from '../problem-text';

export type Phase =
	| 'waiting'
	| 'sending'
	| 'queued'
	| 'running'
	| 'done'
	| 'duplicate'
	| 'failed'
	| 'rejected'
	| 'cancelled';

/** Phases that change only after a user action. */
const FINISHED: ReadonlySet<Phase> = new Set([
	'done',
	'duplicate',
	'failed',
	'rejected',
	'cancelled',
]);

let nextKey = 0;

/** One file of an upload, from the local file to its tags. */
export class UploadItem {
	readonly key = nextKey++;
	readonly name: string;
	readonly size: number | null;
	/** The local file; null once the service has stored or rejected it. */
	file: File | null;
	#phase = $state<Phase>('waiting');
	#sent = $state(0);
	#problem = $state.raw<string | null>(null);
	#permanent = $state(false);
	#imageId = $state.raw<string | null>(null);
	#predictions = $state.raw<Prediction[]>([]);

	constructor(name: string, file: File | null = null) {
		this.name = name;
		this.file = file;
		this.size = file?.size ?? null;
	}

	/** Create the entry of a job item that has no local file. */
	static of(jobItem: JobItem): UploadItem {
		const item = new UploadItem(jobItem.name);
		item.update(jobItem);
		return item;
	}

	get phase(): Phase {
		return this.#phase;
	}
	get finished(): boolean {
		return FINISHED.has(this.#phase);
	}
	/** Fraction of the file sent, from 0 to 1. */
	get progress(): number {
		return this.size ? Math.min(1, this.#sent / this.size) : 0;
	}
	get problem(): string | null {
		return this.#problem;
	}
	get imageId(): string | null {
		return this.#imageId;
	}
	get predictions(): Prediction[] {
		return this.#predictions;
	}
	get retryable(): boolean {
		const stored = this.#imageId !== null && !this.#permanent;
		return this.#phase === 'failed' && (stored || this.file !== null);
	}

	wait(): void {
		this.#phase = 'waiting';
		this.#sent = 0;
		this.#problem = null;
	}

	setProgress(bytes: number): void {
		this.#phase = 'sending';
		this.#sent = bytes;
	}

	/** Mark as rejected by validation in the page, or by the service with its whole request. */
	reject(reason: string): void {
		this.#phase = 'rejected';
		this.#problem = reason;
		this.file = null;
	}

	/** Mark as failed. The file is kept, so that it can be sent again. */
	fail(reason: string): void {
		this.#phase = 'failed';
		this.#problem = reason;
	}

	cancel(): void {
		this.#phase = 'cancelled';
		this.file = null;
	}

	requeue(): void {
		this.#phase = 'queued';
		this.#problem = null;
	}

	/** Apply the state of the job item; the service then has the file. */
	update(item: JobItem): void {
		this.file = null;
		this.#imageId = item.image_id;
		this.#problem = item.problem && problemText(item.problem);
		this.#permanent = item.problem !== null && !canRetry(item.problem);
		this.#predictions = item.predictions;
		this.#phase = item.outcome === 'accepted' ? (item.status ?? 'queued') : item.outcome;
	}
}
