import { isSystemFile } from './validation';

const BATCH_SIZE = 200;

/** Dropped file or folder that the browser could not read. */
export class UnreadableFile {
	constructor(
		readonly name: string,
		readonly reason: string,
	) {}
}

export type SourceFile = File | UnreadableFile;

/**
 * Yield all dropped files in batches, including those in folders. The entries are read before the
 * first await, because the browser clears the transfer after the drop event.
 */
export function droppedFiles(transfer: DataTransfer): AsyncGenerator<SourceFile[]> {
	const entries = [...transfer.items]
		.filter((item) => item.kind === 'file')
		.map((item) => item.webkitGetAsEntry())
		.filter((entry) => entry !== null);
	return entries.length > 0 ? batched(walkAll(entries)) : singleBatch([...transfer.files]);
}

/** Yield the files as one batch, without system files. */
export async function* singleBatch(files: File[]): AsyncGenerator<File[]> {
	const userFiles = files.filter((file) => !isSystemFile(file.name));
	if (userFiles.length > 0) yield userFiles;
}

async function* batched(files: AsyncGenerator<SourceFile>): AsyncGenerator<SourceFile[]> {
	let batch: SourceFile[] = [];
	for await (const file of files) {
		batch.push(file);
		if (batch.length < BATCH_SIZE) continue;
		yield batch;
		batch = [];
	}
	if (batch.length > 0) yield batch;
}

async function* walkAll(entries: Iterable<FileSystemEntry>): AsyncGenerator<SourceFile> {
	for (const entry of entries) yield* walk(entry);
}

async function* walk(entry: FileSystemEntry): AsyncGenerator<SourceFile> {
	if (isSystemFile(entry.name)) return;
	if (entry.isFile) {
		yield await fileOf(entry as FileSystemFileEntry);
		return;
	}
	const reader = (entry as FileSystemDirectoryEntry).createReader();
	// One call returns at most 100 entries; an empty result marks the end.
	for (;;) {
		const entries = await readEntries(reader);
		if (entries === null)
			yield new UnreadableFile(entry.name, "Some files in this folder couldn't be read.");
		if (!entries?.length) return;
		yield* walkAll(entries);
	}
}

const fileOf = (entry: FileSystemFileEntry): Promise<SourceFile> =>
	new Promise((resolve) => {
		const fail = () => resolve(new UnreadableFile(entry.name, "This file couldn't be read."));
		entry.file(resolve, fail);
	});

/** Return the next entries of a folder, or null if it cannot be read. */
const readEntries = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[] | null> =>
	new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
