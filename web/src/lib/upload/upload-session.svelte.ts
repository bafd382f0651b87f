import { ProblemError, errorMessage } from '../api/client';
import { cancelJob, retryJob } from '../api/jobs';
import { retryImage } from '../api/images';
import type { Job, JobItem, Limits } from '../api/types';
import { service } from '../service.svelte';
import { clearExpectedFiles, readExpectedFiles, storeExpectedFiles } from './expected-files';
import { UnreadableFile, type SourceFile } from './file-sources';
import { pollJob } from './poll-job';
import { restoreRejectedFiles, storeRejectedFiles } from './rejected-files';
import { Sender } from './sender';
import { Throughput } from './throughput';
import { UploadItem, type Phase } from './upload-item.svelte';
import { rejectionReason } from './validation';

/** Number of files per phase, and in total. */
export type Tally = Record<Phase | 'total' | 'finished', number>;

const EMPTY_TALLY: Tally = {
	total: 0,
	finished: 0,
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

const RETRYING = 'Retrying…';

/** One upload: the local files and the items of its job, merged into one list. */
export class UploadSession {
	#id = $state.raw<string | null>(null);
	#createdAt = $state.raw<string | null>(null);
	#items = $state.raw<UploadItem[]>([]);
	#sending = $state(false);
	#error = $state.raw<string | null>(null);
	#notFound = $state(false);
	#loaded = $state(false);
	#perSecond = $state.raw<number | null>(null);
	#itemsByPosition = new Map<number, UploadItem>();
	/** Job items by position that match no local file yet. */
	#unmatched = new Map<number, JobItem>();
	/** Number of items restored from an earlier visit, which the job does not have. */
	#restored = 0;
	#throughput = new Throughput();
	#sender: Sender;
	#wake: () => void = () => {};
	#cancel = new AbortController();
	#onid: (id: string) => void;

	tally = $derived.by(() => {
		const tally = { ...EMPTY_TALLY, total: this.#items.length };
		for (const item of this.#items) {
			tally[item.phase] += 1;
			if (item.finished) tally.finished += 1;
		}
		return tally;
	});

	/**
	 * Open the job `id`, or start a new upload when `id` is null. `onid` is called with the job id
	 * once the service has created the job.
	 */
	constructor(id: string | null = null, onid: (id: string) => void = () => {}) {
		this.#onid = onid;
		this.#id = id;
		this.#loaded = id === null;
		this.#sender = new Sender(id, {
			limits: () => service.limits,
			onresponse: (job, items) => this.#applyResponse(job, items),
			onerror: (message) => (this.#error = message && `${message} ${RETRYING}`),
		});
	}

	get id(): string | null {
		return this.#id;
	}
	get createdAt(): string | null {
		return this.#createdAt;
	}
	get items(): UploadItem[] {
		return this.#items;
	}
	get sending(): boolean {
		return this.#sending;
	}
	get error(): string | null {
		return this.#error;
	}
	/** Whether the service has no job with this id. */
	get notFound(): boolean {
		return this.#notFound;
	}
	get loaded(): boolean {
		return this.#loaded;
	}
	/** Files finished per second; null while unknown. */
	get perSecond(): number | null {
		return this.#perSecond;
	}
	get secondsLeft(): number | null {
		return this.#perSecond && (this.tally.total - this.tally.finished) / this.#perSecond;
	}

	/** Number of files that this browser meant to send and that the job does not have. */
	get unsent(): number {
		if (this.#sending || this.#id === null || !this.#loaded) return 0;
		return Math.max(0, readExpectedFiles(this.#id) - this.#items.length + this.#restored);
	}

	/** Signal that aborts when the upload is cancelled. Files added later get a new signal. */
	get cancelled(): AbortSignal {
		return this.#cancel.signal;
	}

	/** Whether every file is finished and the job can be read from the service alone. */
	get complete(): boolean {
		const items = this.#items;
		return (
			this.#id !== null && items.length > 0 && items.every((item) => item.finished && !item.file)
		);
	}

	/** Add files and send those that pass validation. Resolves when all are sent. */
	async add(files: SourceFile[]): Promise<void> {
		const { cancelled } = this;
		const limits = await service.loadLimits();
		const items = files.map((file) => toUploadItem(file, limits));
		if (cancelled.aborted) for (const item of items) if (item.file) item.cancel();
		this.#items = [...this.#items, ...items];
		this.#storeFiles();
		await this.#send(items.filter((item) => item.phase === 'waiting'));
	}

	/** Poll the job until the returned function is called. */
	watch(): () => void {
		const stop = new AbortController();
		void this.#poll(stop.signal);
		return () => stop.abort();
	}

	/** Send a file again, or classify its image again if the service has it. */
	async retry(item: UploadItem): Promise<void> {
		if (item.file) {
			item.wait();
			return this.#send([item]);
		}
		if (!item.imageId) return;
		await this.#callApi(async (imageId: string) => {
			await retryImage(imageId);
			item.requeue();
		}, item.imageId);
	}

	async retryFailed(): Promise<void> {
		const failed = this.#items.filter((item) => item.retryable);
		const unsent = failed.filter((item) => item.file);
		for (const item of unsent) item.wait();
		if (unsent.length > 0) void this.#send(unsent);
		if (unsent.length === failed.length || !this.#id) return;
		await this.#callApi(async (id) => {
			await retryJob(id);
			for (const item of failed) if (!item.file) item.requeue();
		}, this.#id);
	}

	async cancel(): Promise<void> {
		this.#cancel.abort();
		this.#cancel = new AbortController();
		await this.#sender.cancel();
		if (this.#id) await this.#callApi(cancelJob, this.#id);
	}

	async #send(items: UploadItem[]): Promise<void> {
		if (items.length === 0) return;
		this.#sending = true;
		await this.#sender.add(items);
		this.#sending = this.#sender.busy;
		this.#storeFiles();
		if (!this.#sending && this.#id && !this.#pendingFiles) clearExpectedFiles(this.#id);
		this.#addUnmatched();
	}

	/** Call the API and show its error instead of throwing it. */
	async #callApi(action: (id: string) => Promise<unknown>, id: string): Promise<void> {
		try {
			await action(id);
			this.#error = null;
		} catch (error) {
			this.#error = errorMessage(error);
		}
		this.#wake();
	}

	async #poll(signal: AbortSignal): Promise<void> {
		const id = this.#id;
		if (id === null) return;
		await pollJob(
			id,
			{
				onjob: (job) => (job ? this.#applyJob(job) : this.#updateThroughput()),
				onerror: (error, willRetry) => this.#setError(error, willRetry),
				isIdle: () => this.#loaded && !this.#sending && this.tally.finished === this.tally.total,
				setWake: (wake) => (this.#wake = wake),
			},
			signal,
		);
	}

	#setError(error: unknown, willRetry: boolean): void {
		// The API answers 422 when the id in the address is not a UUID.
		this.#notFound = error instanceof ProblemError && [404, 422].includes(error.status);
		const message = willRetry ? `${errorMessage(error)} ${RETRYING}` : errorMessage(error);
		this.#error = this.#notFound ? null : message;
	}

	/** Apply the response to an upload request; its job items are in the order of `items`. */
	#applyResponse(job: Job, items: UploadItem[]): void {
		if (this.#id === null) {
			this.#id = job.id;
			this.#storeFiles();
			this.#onid(job.id);
		}
		this.#createdAt = job.created_at;
		for (const [index, item] of items.entries()) {
			const jobItem = job.items?.[index];
			if (!jobItem) continue;
			this.#itemsByPosition.set(jobItem.position, item);
			// A poll may have returned a newer state of this item before this response arrived.
			item.update(this.#unmatched.get(jobItem.position) ?? jobItem);
			this.#unmatched.delete(jobItem.position);
		}
		this.#updateThroughput();
		this.#wake();
	}

	/** Apply a poll result. */
	#applyJob(job: Job): void {
		this.#createdAt = job.created_at;
		for (const jobItem of job.items ?? []) {
			const item = this.#itemsByPosition.get(jobItem.position);
			if (item) item.update(jobItem);
			else this.#unmatched.set(jobItem.position, jobItem);
		}
		if (!this.#loaded) {
			this.#items = restoreRejectedFiles(job.id);
			this.#restored = this.#items.length;
		}
		this.#loaded = true;
		this.#error = null;
		this.#addUnmatched();
		this.#updateThroughput();
	}

	/** List job items that another tab sent, or this page before a reload. */
	#addUnmatched(): void {
		// A response that is still to come may match an item to a local file.
		if (this.#sending || this.#unmatched.size === 0) return;
		const jobItems = [...this.#unmatched.values()].sort((a, b) => a.position - b.position);
		const items = jobItems.map((jobItem) => {
			const item = UploadItem.of(jobItem);
			this.#itemsByPosition.set(jobItem.position, item);
			return item;
		});
		this.#unmatched.clear();
		this.#items = [...this.#items, ...items];
	}

	/** Number of local files that the service does not have. */
	get #pendingFiles(): number {
		return this.#items.filter((item) => item.file).length;
	}

	#storeFiles(): void {
		if (this.#id === null) return;
		// Files that the page rejected or cancelled never become part of the job.
		storeExpectedFiles(this.#id, this.#pendingFiles + this.#itemsByPosition.size);
		const inJob = new Set(this.#itemsByPosition.values());
		const rejected = this.#items.filter((item) => item.phase === 'rejected' && !inJob.has(item));
		storeRejectedFiles(this.#id, rejected);
	}

	#updateThroughput(): void {
		this.#throughput.record(this.tally.finished, Date.now());
		this.#perSecond = this.#throughput.perSecond;
	}
}

/** Create the item for a file; one that fails validation is rejected with the reason. */
function toUploadItem(file: SourceFile, limits: Limits | null): UploadItem {
	const unreadable = file instanceof UnreadableFile;
	const item = new UploadItem(file.name, unreadable ? null : file);
	const reason = unreadable ? file.reason : rejectionReason(file, limits);
	if (reason) item.reject(reason);
	return item;
}
