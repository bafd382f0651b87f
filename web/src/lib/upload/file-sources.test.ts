import { describe, expect, it } from 'vitest';
import { fileOf } from '../testing/factories';
import { droppedFiles, Unreadable } from './file-sources';

const MOST_AT_ONCE = 100;

const entryOf = (name: string) =>
	({
		name,
		isFile: true,
		file: (take: FileCallback) => take(fileOf(name)),
	}) as unknown as FileSystemEntry;

/** A folder as browsers hand it out: a hundred entries a call, then an empty answer. */
const folderOf = (name: string, entries: FileSystemEntry[]) =>
	({
		name,
		isFile: false,
		createReader: () => {
			const left = [...entries];
			return {
				readEntries: (take: FileSystemEntriesCallback) => take(left.splice(0, MOST_AT_ONCE)),
			};
		},
	}) as unknown as FileSystemEntry;

const unreadable = (entry: FileSystemEntry) => {
	const refuse = (_: unknown, fail: () => void) => fail();
	return { ...entry, file: refuse, createReader: () => ({ readEntries: refuse }) };
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

describe('a drop', () => {
	it('brings a folder of 5,000 pictures whole', async () => {
		const pictures = Array.from({ length: 5000 }, (_, at) => entryOf(`${at}.jpg`));
		expect(await namesOf(dropOf(folderOf('holiday', pictures)))).toHaveLength(5000);
	});

	it('brings folders within folders beside single files, without litter', async () => {
		const inner = folderOf('day 2', [entryOf('b.jpg'), entryOf('.DS_Store')]);
		const drop = dropOf(entryOf('a.jpg'), folderOf('trip', [inner, entryOf('c.jpg')]));
		expect(await namesOf(drop)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
	});

	it('names what could not be read', async () => {
		const found = [];
		const drop = dropOf(unreadable(entryOf('a.jpg')), unreadable(folderOf('trip', [])));
		for await (const files of droppedFiles(drop)) found.push(...files);
		expect(found).toEqual([
			new Unreadable('a.jpg', 'The file could not be read.'),
			new Unreadable('trip', 'Not all of this folder could be read.'),
		]);
	});
});
