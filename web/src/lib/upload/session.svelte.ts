import { ProblemError, sentence } from '../api/client';
import { cancelJob, retryJob } from '../api/jobs';
import { retryImage } from '../api/images';
import type { Job, JobItem } from '../api/types';
import { service } from '../service.svelte';
import { refusal } from './checks';
import { follow } from './follow';
import { Rate } from './rate';
import { Row, type Phase } from './row.svelte';
import { Sender } from './sender';
import { expectedFiles, forgetExpected, noteExpected } from './unsent';

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
			ontrouble: (words) => (this.#trouble = words),
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

	async add(files: File[]): Promise<void> {
		const limits = await service.learnLimits();
		const rows = files.map((file) => new Row(file.name, file));
		for (const row of rows) {
			const reason = row.file && refusal(row.file, limits);
			if (reason) row.refuse(reason);
		}
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
		await this.#sender.cancel();
		if (this.#id) await this.#ask(cancelJob, this.#id);
	}

	async #send(rows: Row[]): Promise<void> {
		if (rows.length === 0) return;
		this.#sending = true;
		await this.#sender.add(rows);
		this.#sending = this.#sender.busy;
		if (!this.#sending && this.#id) forgetExpected(this.#id);
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
				onjob: (job) => this.#merge(job),
				onerror: (error) => this.#complain(error),
				idle: () => this.#loaded && !this.#sending && this.tally.settled === this.tally.total,
				onwake: (wake) => (this.#wake = wake),
			},
			signal,
		);
	}

	#complain(error: unknown): void {
		this.#missing = error instanceof ProblemError && error.status === 404;
		this.#trouble = this.#missing ? null : sentence(error);
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

	#expect(): void {
		// What the page itself refused never gets into the job.
		const refused = this.#rows.filter((row) => row.phase === 'rejected' && row.imageId === null);
		if (this.#id) noteExpected(this.#id, this.#rows.length - refused.length);
	}

	#note(): void {
		this.#rate.note(this.tally.settled, Date.now());
		this.#perSecond = this.#rate.perSecond;
	}
}
