import { isLitter } from './validation';

const CHUNK = 200;

/** What was dropped and could not be read: it vanished since, or may not be read. */
export class Unreadable {
	constructor(
		readonly name: string,
		readonly reason: string,
	) {}
}

export type Found = File | Unreadable;

/**
 * Every file that was dropped, folders included, in handfuls as they are found. The entries are
 * taken before the first wait: the browser empties the drop once its event is over.
 */
export function droppedFiles(transfer: DataTransfer): AsyncGenerator<Found[]> {
	const entries = [...transfer.items]
		.filter((item) => item.kind === 'file')
		.map((item) => item.webkitGetAsEntry())
		.filter((entry) => entry !== null);
	return entries.length > 0 ? handfuls(walkAll(entries)) : once([...transfer.files]);
}

export async function* once(files: File[]): AsyncGenerator<File[]> {
	const wanted = files.filter((file) => !isLitter(file.name));
	if (wanted.length > 0) yield wanted;
}

async function* handfuls(files: AsyncGenerator<Found>): AsyncGenerator<Found[]> {
	let held: Found[] = [];
	for await (const file of files) {
		held.push(file);
		if (held.length < CHUNK) continue;
		yield held;
		held = [];
	}
	if (held.length > 0) yield held;
}

async function* walkAll(entries: Iterable<FileSystemEntry>): AsyncGenerator<Found> {
	for (const entry of entries) yield* walk(entry);
}

async function* walk(entry: FileSystemEntry): AsyncGenerator<Found> {
	if (isLitter(entry.name)) return;
	if (entry.isFile) {
		yield await fileOf(entry as FileSystemFileEntry);
		return;
	}
	const reader = (entry as FileSystemDirectoryEntry).createReader();
	// One call hands out a hundred entries at most; an empty answer is the end.
	for (;;) {
		const entries = await read(reader);
		if (entries === null) yield new Unreadable(entry.name, 'Not all of this folder could be read.');
		if (!entries?.length) return;
		yield* walkAll(entries);
	}
}

const fileOf = (entry: FileSystemFileEntry): Promise<Found> =>
	new Promise((resolve) => {
		const cannot = () => resolve(new Unreadable(entry.name, 'The file could not be read.'));
		entry.file(resolve, cannot);
	});

/** The next entries of a folder; null where it cannot be read. */
const read = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[] | null> =>
	new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
