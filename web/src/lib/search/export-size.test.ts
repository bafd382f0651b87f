import { expect, it } from 'vitest';
import { makeImage } from '../testing/factories';
import { estimatedBytes } from './export-size';

it('estimates the file size from sample images', () => {
	const sample = [makeImage({ bytes: 1000 }), makeImage({ bytes: 3000 })];
	expect(estimatedBytes('zip', sample, 100)).toBe(200_000);
	expect(estimatedBytes('jsonl', sample, 4)).toBeGreaterThan(estimatedBytes('csv', sample, 4) ?? 0);
});

it('returns null for compressed formats and without a sample', () => {
	expect(estimatedBytes('xlsx', [makeImage()], 100)).toBeNull();
	expect(estimatedBytes('csv', [], 100)).toBeNull();
});
