import { expect, it } from 'vitest';
import { imageOf } from '../testing/factories';
import { estimatedBytes } from './export-size';

it('guesses a file from what a few of its pictures take', () => {
	const sample = [imageOf({ bytes: 1000 }), imageOf({ bytes: 3000 })];
	expect(estimatedBytes('zip', sample, 100)).toBe(200_000);
	expect(estimatedBytes('jsonl', sample, 4)).toBeGreaterThan(estimatedBytes('csv', sample, 4) ?? 0);
});

it('does not guess what cannot be known, or from nothing', () => {
	expect(estimatedBytes('xlsx', [imageOf()], 100)).toBeNull();
	expect(estimatedBytes('csv', [], 100)).toBeNull();
});
