import { isLitter } from './checks';

const CHUNK = 200;

/**
 * Every file that was dropped, folders included, in handfuls as they are found. The entries are
 * taken before the first wait: the browser empties the drop once its event is over.
 */
export function droppedFiles(transfer: DataTransfer): AsyncGenerator<File[]> {
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

async function* handfuls(files: AsyncGenerator<File>): AsyncGenerator<File[]> {
	let held: File[] = [];
	for await (const file of files) {
		held.push(file);
		if (held.length < CHUNK) continue;
		yield held;
		held = [];
	}
	if (held.length > 0) yield held;
}

async function* walkAll(entries: Iterable<FileSystemEntry>): AsyncGenerator<File> {
	for (const entry of entries) yield* walk(entry);
}

async function* walk(entry: FileSystemEntry): AsyncGenerator<File> {
	if (isLitter(entry.name)) return;
	if (entry.isFile) {
		const file = await fileOf(entry as FileSystemFileEntry);
		if (file) yield file;
		return;
	}
	const reader = (entry as FileSystemDirectoryEntry).createReader();
	// One call hands out a hundred entries at most; an empty answer is the end.
	for (;;) {
		const entries = await read(reader);
		if (entries.length === 0) return;
		yield* walkAll(entries);
	}
}

/** Null for what vanished or may not be read since it was dropped. */
const fileOf = (entry: FileSystemFileEntry): Promise<File | null> =>
	new Promise((resolve) => entry.file(resolve, () => resolve(null)));

const read = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
	new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
