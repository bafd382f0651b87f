import type { JobItem, Prediction } from '../api/types';

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

/** Phases after which nothing more happens unless somebody asks. */
const SETTLED: ReadonlySet<Phase> = new Set([
	'done',
	'duplicate',
	'failed',
	'rejected',
	'cancelled',
]);

let made = 0;

/** One file of an upload, from the hand to its tags. */
export class Row {
	readonly key = made++;
	readonly name: string;
	readonly size: number | null;
	/** Held only until the service has the bytes. */
	file: File | null;
	#phase = $state<Phase>('waiting');
	#sent = $state(0);
	#problem = $state.raw<string | null>(null);
	#imageId = $state.raw<string | null>(null);
	#predictions = $state.raw<Prediction[]>([]);

	constructor(name: string, file: File | null = null) {
		this.name = name;
		this.file = file;
		this.size = file?.size ?? null;
	}

	static of(item: JobItem): Row {
		const row = new Row(item.name);
		row.receive(item);
		return row;
	}

	get phase(): Phase {
		return this.#phase;
	}
	get settled(): boolean {
		return SETTLED.has(this.#phase);
	}
	/** From 0 to 1, while it is being sent. */
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
		return this.#phase === 'failed' && (this.#imageId !== null || this.file !== null);
	}

	wait(): void {
		this.#phase = 'waiting';
		this.#sent = 0;
		this.#problem = null;
	}

	progressTo(bytes: number): void {
		this.#phase = 'sending';
		this.#sent = bytes;
	}

	/** What the page found wrong before sending, or the service with the whole request. */
	refuse(reason: string): void {
		this.#phase = 'rejected';
		this.#problem = reason;
		this.file = null;
	}

	/** The service could not take it this time; the file is kept for another try. */
	giveUp(reason: string): void {
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

	receive(item: JobItem): void {
		this.file = null;
		this.#imageId = item.image_id;
		this.#problem = item.problem?.detail ?? null;
		this.#predictions = item.predictions;
		this.#phase = item.outcome === 'accepted' ? (item.status ?? 'queued') : item.outcome;
	}
}
