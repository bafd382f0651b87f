import { describe, expect, it } from 'vitest';
import { byPriority, columnCount, rowsToRender } from './virtual-window';

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

it('fits as many columns as the width allows, at least one', () => {
	expect(columnCount(1000, 216, 20)).toBe(4);
	expect(columnCount(100, 216, 20)).toBe(1);
});

describe('byPriority', () => {
	it('orders the viewport first, then the rows below it, then those above it', () => {
		expect(byPriority({ from: 4, to: 9, top: 6, fast: false })).toEqual([6, 7, 8, 9, 5, 4]);
	});
});
