import { expect, it } from 'vitest';
import { indexAfterKey } from './grid-navigation';

const GRID = { columns: 4, total: 10 };

it.each([
	['ArrowRight', 3, 4],
	['ArrowLeft', 4, 3],
	['ArrowDown', 1, 5],
	['ArrowUp', 5, 1],
	['Home', 7, 0],
	['End', 2, 9],
	['ArrowUp', 2, 0],
	['ArrowDown', 8, 9],
	['a', 3, null],
])('%s moves from %d to %s', (key, from, to) => {
	expect(indexAfterKey(key, from, GRID)).toBe(to);
});
