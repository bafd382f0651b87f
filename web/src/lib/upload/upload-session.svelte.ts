import { ProblemError, sentence } from '../api/client';
import { cancelJob, retryJob } from '../api/jobs';
import { retryImage } from '../api/images';
import type { Job, JobItem, Limits } from '../api/types';
import { service } from '../service.svelte';
import { refusal } from './validation';
import { Unreadable, type Found } from './file-sources';
import { follow } from './poll-job';
import { Rate } from './throughput';
import { Row, type Phase } from './upload-item.svelte';
import { Sender } from './sender';
import { expectedFiles, forgetExpected, noteExpected } from './expected-files';

export type Tally = Record<Phase | 'total' | 'settled', number>;

const NOTHING: Tally = {
	total: 0,
	settled: 0,
	waiting: 0,
	sending: 0,
	queued: 0,
	running: 0,
	done: 0,
	duplicate: 0,
	failed: 0,
	rejected: 0,
	cancelled: 0,
};

const AGAIN = 'Trying again…';

/** One upload: the files in hand and the job's receipt, brought together row by row. */
export class UploadSession {
	#id = $state.raw<string | null>(null);
	#createdAt = $state.raw<string | null>(null);
	#rows = $state.raw<Row[]>([]);
	#sending = $state(false);
	#trouble = $state.raw<string | null>(null);
	#missing = $state(false);
	#loaded = $state(false);
	#perSecond = $state.raw<number | null>(null);
	#byPosition = new Map<number, Row>();
	#strays = new Map<number, JobItem>();
	#rate = new Rate();
	#sender: Sender;
	#wake: () => void = () => {};
	#cancel = new AbortController();
	#onnamed: (id: string) => void;

	tally = $derived.by(() => {
		const tally = { ...NOTHING, total: this.#rows.length };
		for (const row of this.#rows) {
			tally[row.phase] += 1;
			if (row.settled) tally.settled += 1;
		}
		return tally;
	});

	/** `onnamed` hears the id of the job once the service has given it. */
	constructor(id: string | null = null, onnamed: (id: string) => void = () => {}) {
		this.#onnamed = onnamed;
		this.#id = id;
		this.#loaded = id === null;
		this.#sender = new Sender(id, {
			limits: () => service.limits,
			onanswer: (job, rows) => this.#adopt(job, rows),
			ontrouble: (words) => (this.#trouble = words && `${words} ${AGAIN}`),
		});
	}

	get id(): string | null {
		return this.#id;
	}
	get createdAt(): string | null {
		return this.#createdAt;
	}
	get rows(): Row[] {
		return this.#rows;
	}
	get sending(): boolean {
		return this.#sending;
	}
	get trouble(): string | null {
		return this.#trouble;
	}
	/** The service knows no such job. */
	get missing(): boolean {
		return this.#missing;
	}
	get loaded(): boolean {
		return this.#loaded;
	}
	get perSecond(): number | null {
		return this.#perSecond;
	}
	get secondsLeft(): number | null {
		return this.#perSecond && (this.tally.total - this.tally.settled) / this.#perSecond;
	}

	/** Files that a page set out to send and that have not arrived. */
	get unsent(): number {
		if (this.#sending || this.#id === null || !this.#loaded) return 0;
		return Math.max(0, expectedFiles(this.#id) - this.#rows.length);
	}

	/** Ends when the upload is cancelled; what comes later is another beginning. */
	get cancelled(): AbortSignal {
		return this.#cancel.signal;
	}

	/** Whether all of it can be read from its receipt, and nothing is left to come. */
	get over(): boolean {
		const rows = this.#rows;
		return this.#id !== null && rows.length > 0 && rows.every((row) => row.settled && !row.file);
	}

	async add(files: Found[]): Promise<void> {
		const { cancelled } = this;
		const limits = await service.learnLimits();
		const rows = files.map((file) => rowOf(file, limits));
		if (cancelled.aborted) for (const row of rows) if (row.file) row.cancel();
		this.#rows = [...this.#rows, ...rows];
		this.#expect();
		await this.#send(rows.filter((row) => row.phase === 'waiting'));
	}

	/** Follows the job for as long as somebody looks; returns what ends it. */
	watch(): () => void {
		const stop = new AbortController();
		void this.#follow(stop.signal);
		return () => stop.abort();
	}

	async retry(row: Row): Promise<void> {
		if (row.file) {
			row.wait();
			return this.#send([row]);
		}
		if (!row.imageId) return;
		await this.#ask(async (imageId: string) => {
			await retryImage(imageId);
			row.requeue();
		}, row.imageId);
	}

	async retryFailed(): Promise<void> {
		const failed = this.#rows.filter((row) => row.retryable);
		const unsent = failed.filter((row) => row.file);
		for (const row of unsent) row.wait();
		if (unsent.length > 0) void this.#send(unsent);
		if (unsent.length === failed.length || !this.#id) return;
		await this.#ask(async (id) => {
			await retryJob(id);
			for (const row of failed) if (!row.file) row.requeue();
		}, this.#id);
	}

	async cancel(): Promise<void> {
		this.#cancel.abort();
		this.#cancel = new AbortController();
		await this.#sender.cancel();
		if (this.#id) await this.#ask(cancelJob, this.#id);
	}

	async #send(rows: Row[]): Promise<void> {
		if (rows.length === 0) return;
		this.#sending = true;
		await this.#sender.add(rows);
		this.#sending = this.#sender.busy;
		if (!this.#sending && this.#id && !this.#held) forgetExpected(this.#id);
		this.#settleStrays();
	}

	/** Something asked of the service; what it says no to is shown, not thrown. */
	async #ask(action: (id: string) => Promise<unknown>, id: string): Promise<void> {
		try {
			await action(id);
			this.#trouble = null;
		} catch (error) {
			this.#trouble = sentence(error);
		}
		this.#wake();
	}

	async #follow(signal: AbortSignal): Promise<void> {
		const id = this.#id;
		if (id === null) return;
		await follow(
			id,
			{
				onjob: (job) => (job ? this.#merge(job) : this.#note()),
				onerror: (error, again) => this.#complain(error, again),
				idle: () => this.#loaded && !this.#sending && this.tally.settled === this.tally.total,
				onwake: (wake) => (this.#wake = wake),
			},
			signal,
		);
	}

	#complain(error: unknown, again: boolean): void {
		this.#missing = error instanceof ProblemError && error.status === 404;
		const words = again ? `${sentence(error)} ${AGAIN}` : sentence(error);
		this.#trouble = this.#missing ? null : words;
	}

	#adopt(job: Job, rows: Row[]): void {
		if (this.#id === null) {
			this.#id = job.id;
			this.#expect();
			this.#onnamed(job.id);
		}
		this.#createdAt = job.created_at;
		for (const [index, row] of rows.entries()) {
			const item = job.items?.[index];
			if (!item) continue;
			this.#byPosition.set(item.position, row);
			row.receive(this.#strays.get(item.position) ?? item);
			this.#strays.delete(item.position);
		}
		this.#note();
		this.#wake();
	}

	#merge(job: Job): void {
		this.#createdAt = job.created_at;
		for (const item of job.items ?? []) {
			const row = this.#byPosition.get(item.position);
			if (row) row.receive(item);
			else this.#strays.set(item.position, item);
		}
		this.#loaded = true;
		this.#trouble = null;
		this.#settleStrays();
		this.#note();
	}

	/** Items nobody here sent: another tab's, or an upload from before a reload. */
	#settleStrays(): void {
		// While something is being sent a stray may yet turn out to be ours.
		if (this.#sending || this.#strays.size === 0) return;
		const items = [...this.#strays.values()].sort((a, b) => a.position - b.position);
		const rows = items.map((item) => {
			const row = Row.of(item);
			this.#byPosition.set(item.position, row);
			return row;
		});
		this.#strays.clear();
		this.#rows = [...this.#rows, ...rows];
	}

	/** Files that are still in hand; the service does not have them. */
	get #held(): number {
		return this.#rows.filter((row) => row.file).length;
	}

	#expect(): void {
		// What the page itself refused or cancelled never gets into the job.
		if (this.#id) noteExpected(this.#id, this.#held + this.#byPosition.size);
	}

	#note(): void {
		this.#rate.note(this.tally.settled, Date.now());
		this.#perSecond = this.#rate.perSecond;
	}
}

/** A row to be sent, or one that says why it is not. */
function rowOf(file: Found, limits: Limits | null): Row {
	const unreadable = file instanceof Unreadable;
	const row = new Row(file.name, unreadable ? null : file);
	const reason = unreadable ? file.reason : refusal(file, limits);
	if (reason) row.refuse(reason);
	return row;
}
