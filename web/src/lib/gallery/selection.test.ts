import { describe, expect, it } from 'vitest';
import { Selection } from './selection.svelte';

const loadRange = async (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, at) => ({ id: `i${from + at}` }));

describe('a selection', () => {
	it('toggles one image', () => {
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
		await selection.extend(to, loadRange);
		expect(selection.ids.sort()).toEqual(['i3', 'i4', 'i5', 'i6']);
	});

	it('contains images that are not loaded when everything is selected', () => {
		const selection = new Selection();
		selection.selectAll();
		expect(selection.has('not loaded')).toBe(true);
		expect(selection.size(100_000)).toBe(100_000);
	});

	it('does not change on a toggle when everything is selected', async () => {
		const selection = new Selection();
		selection.selectAll();
		selection.toggle('i1', 1);
		await selection.extend(4, loadRange);
		expect(selection.everything).toBe(true);
		expect(selection.ids).toEqual([]);
	});
});
