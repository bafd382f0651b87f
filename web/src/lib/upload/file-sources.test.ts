import { describe, expect, it } from 'vitest';
import { makeFile } from '../testing/factories';
import { droppedFiles, UnreadableFile } from './file-sources';

const MAX_ENTRIES = 100;

const entryOf = (name: string) =>
	({
		name,
		isFile: true,
		file: (take: FileCallback) => take(makeFile(name)),
	}) as unknown as FileSystemEntry;

/** Folder entry that, like in browsers, returns 100 entries per call and then an empty list. */
const folderOf = (name: string, entries: FileSystemEntry[]) =>
	({
		name,
		isFile: false,
		createReader: () => {
			const left = [...entries];
			return {
				readEntries: (take: FileSystemEntriesCallback) => take(left.splice(0, MAX_ENTRIES)),
			};
		},
	}) as unknown as FileSystemEntry;

const unreadable = (entry: FileSystemEntry) => {
	const failing = (_: unknown, fail: () => void) => fail();
	return { ...entry, file: failing, createReader: () => ({ readEntries: failing }) };
};

const dropOf = (...entries: FileSystemEntry[]) =>
	({
		items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })),
		files: [],
	}) as unknown as DataTransfer;

async function namesOf(transfer: DataTransfer): Promise<string[]> {
	const names: string[] = [];
	for await (const files of droppedFiles(transfer)) names.push(...files.map(({ name }) => name));
	return names;
}

describe('droppedFiles', () => {
	it('yields all 5,000 files of a folder', async () => {
		const files = Array.from({ length: 5000 }, (_, at) => entryOf(`${at}.jpg`));
		expect(await namesOf(dropOf(folderOf('holiday', files)))).toHaveLength(5000);
	});

	it('yields files of nested folders without system files', async () => {
		const inner = folderOf('day 2', [entryOf('b.jpg'), entryOf('.DS_Store')]);
		const drop = dropOf(entryOf('a.jpg'), folderOf('trip', [inner, entryOf('c.jpg')]));
		expect(await namesOf(drop)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
	});

	it('yields unreadable files and folders with the reason', async () => {
		const found = [];
		const drop = dropOf(unreadable(entryOf('a.jpg')), unreadable(folderOf('trip', [])));
		for await (const files of droppedFiles(drop)) found.push(...files);
		expect(found).toEqual([
			new UnreadableFile('a.jpg', "This file couldn't be read."),
			new UnreadableFile('trip', "Some files in this folder couldn't be read."),
		]);
	});
});
