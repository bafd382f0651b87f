import { describe, expect, it } from 'vitest';
import { Selection } from './selection.svelte';

const between = async (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, at) => ({ id: `i${from + at}` }));

describe('a selection', () => {
	it('takes one in and out', () => {
		const selection = new Selection();
		selection.toggle('i3', 3);
		expect(selection.has('i3')).toBe(true);
		selection.toggle('i3', 3);
		expect(selection.empty).toBe(true);
	});

	it.each([
		[3, 6],
		[6, 3],
	])('extends from %d to %d', async (anchor, to) => {
		const selection = new Selection();
		selection.toggle(`i${anchor}`, anchor);
		await selection.extend(to, between);
		expect(selection.ids.sort()).toEqual(['i3', 'i4', 'i5', 'i6']);
	});

	it('of everything has every picture, loaded or not', () => {
		const selection = new Selection();
		selection.all();
		expect(selection.has('never seen')).toBe(true);
		expect(selection.size(100_000)).toBe(100_000);
	});

	it('of everything is not turned into one of the picture meant to be spared', async () => {
		const selection = new Selection();
		selection.all();
		selection.toggle('i1', 1);
		await selection.extend(4, between);
		expect(selection.everything).toBe(true);
		expect(selection.ids).toEqual([]);
	});
});
