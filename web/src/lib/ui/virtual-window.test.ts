import { describe, expect, it } from 'vitest';
import { byUrgency, columnsIn, visibleRows } from './virtual-window';

const list = { height: 900, pitch: 300, rows: 20_000 };

describe('the rows kept in the page', () => {
	it('are those in sight and two more below at the beginning', () => {
		expect(visibleRows({ ...list, above: -100 })).toEqual({ first: 0, last: 5 });
	});

	it('stay as few in the middle of a long list', () => {
		const { first, last } = visibleRows({ ...list, above: 3_000_000 });
		expect(first).toBe(9998);
		expect(last - first).toBeLessThan(12);
	});

	it('end with the list', () => {
		expect(visibleRows({ ...list, above: 1e9 })).toEqual({ first: 19_999, last: 19_999 });
	});

	it('are none of an empty list but its first place', () => {
		expect(visibleRows({ ...list, rows: 0, above: 0 })).toEqual({ first: 0, last: 0 });
	});
});

it('fits as many columns as there is room for, at least one', () => {
	expect(columnsIn(1000, 216, 20)).toBe(4);
	expect(columnsIn(100, 216, 20)).toBe(1);
});

describe('urgency', () => {
	it('begins with what is in the window, goes on below it and ends above it', () => {
		expect(byUrgency({ from: 4, to: 9, top: 6, swift: false })).toEqual([6, 7, 8, 9, 5, 4]);
	});
});
