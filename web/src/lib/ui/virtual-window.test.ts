import { describe, expect, it } from 'vitest';
import { byPriority, columnCount, positionAfter, rowsToRender, scaleOf } from './virtual-window';

const list = { height: 900, pitch: 300, rows: 20_000 };

describe('rowsToRender', () => {
	it('returns the visible rows and two more below at the start of the list', () => {
		expect(rowsToRender({ ...list, above: -100 })).toEqual({ first: 0, last: 5 });
	});

	it('returns the same number of rows in the middle of a long list', () => {
		const { first, last } = rowsToRender({ ...list, above: 3_000_000 });
		expect(first).toBe(9998);
		expect(last - first).toBeLessThan(12);
	});

	it('stops at the last row', () => {
		expect(rowsToRender({ ...list, above: 1e9 })).toEqual({ first: 19_999, last: 19_999 });
	});

	it('returns row 0 for an empty list', () => {
		expect(rowsToRender({ ...list, rows: 0, above: 0 })).toEqual({ first: 0, last: 0 });
	});
});

describe('the scale of a list of a million images (P17)', () => {
	const full = 300_000_000;
	const scale = scaleOf(full);

	it('keeps the track below the height at which browsers clip elements', () => {
		expect(scale.track).toBeLessThan(17_000_000);
		expect(scaleOf(50_000).track).toBe(50_000);
	});

	it('reaches both ends and the middle', () => {
		expect(scale.toList(-80)).toBe(-80);
		expect(scale.toList(scale.track / 2)).toBe(full / 2);
		expect(scale.toList(scale.track)).toBe(full);
	});

	it('finds the way back from each position', () => {
		for (const position of [-50, 0, 999_999, 1_000_001, 150_000_000, full - 500, full]) {
			expect(scale.toList(scale.toTrack(position))).toBeCloseTo(position, 3);
		}
	});

	it('moves by the pixels of a wheel step, and by the scale with the scrollbar', () => {
		const anchor = { above: 4_000_000, position: 150_000_000 };
		expect(positionAfter(anchor, 4_000_100, 800, scale)).toBe(150_000_100);
		expect(positionAfter(anchor, 5_000_000, 800, scale)).toBe(scale.toList(5_000_000));
		expect(positionAfter(anchor, -100, 800, scale)).toBe(-100);
	});
});

it('fits as many columns as the width allows, at least one', () => {
	expect(columnCount(1000, 216, 20)).toBe(4);
	expect(columnCount(100, 216, 20)).toBe(1);
});

describe('byPriority', () => {
	it('orders the viewport first, then the rows below it, then those above it', () => {
		expect(byPriority({ from: 4, to: 9, top: 6, fast: false })).toEqual([6, 7, 8, 9, 5, 4]);
	});
});
