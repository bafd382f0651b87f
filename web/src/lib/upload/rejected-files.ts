import { storage } from '../storage';
import { UploadItem } from './upload-item.svelte';

/** A file that the page rejected, so that its job does not have it. */
type RejectedFile = { name: string; reason: string };

const KEY = 'rejected';
/** Bounds of the storage: newest jobs, and files of each. */
const MAX_JOBS = 20;
const MAX_FILES = 200;

/** The rejected files of each job; the oldest job first. */
type Rejected = [jobId: string, files: RejectedFile[]][];

function readAll(): Rejected {
	try {
		const stored: unknown = JSON.parse(storage.read(KEY) ?? '[]');
		return Array.isArray(stored) ? (stored as Rejected) : [];
	} catch {
		return [];
	}
}

/** Store the files that the page rejected, so that a reload shows them with the job. */
export function storeRejectedFiles(jobId: string, items: UploadItem[]): void {
	if (items.length === 0) return;
	const files = items
		.slice(0, MAX_FILES)
		.map(({ name, problem }) => ({ name, reason: problem ?? '' }));
	const others = readAll().filter(([id]) => id !== jobId);
	const all: Rejected = [...others, [jobId, files]];
	storage.write(KEY, JSON.stringify(all.slice(-MAX_JOBS)));
}

/** Return an item for each stored file of a job. */
export const restoreRejectedFiles = (jobId: string): UploadItem[] =>
	rejectedFiles(jobId).map(({ name, reason }) => {
		const item = new UploadItem(name);
		item.reject(reason);
		return item;
	});

export const countRejectedFiles = (jobId: string): number => rejectedFiles(jobId).length;

const rejectedFiles = (jobId: string): RejectedFile[] =>
	readAll().find(([id]) => id === jobId)?.[1] ?? [];
