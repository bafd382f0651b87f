import { describe, expect, it } from 'vitest';
import { ago, confidence, duration, fileSize, percent, plural, tagWords } from './format';

describe('a score', () => {
	it.each([
		[1, 'sure', '100%'],
		[0.998, 'sure', '99%'],
		[0.8, 'sure', '80%'],
		[0.799, 'likely', '80%'],
		[0.5, 'likely', '50%'],
		[0.4999, 'unsure', '50%'],
		[0.001, 'unsure', '<1%'],
		[0, 'unsure', '0%'],
	])('of %d is %s and written %s', (score, word, written) => {
		expect(confidence(score)).toBe(word);
		expect(percent(score)).toBe(written);
	});
});

describe('words', () => {
	it('shows spaces where the model has underscores', () => {
		expect(tagWords('black-and-tan_coonhound')).toBe('black-and-tan coonhound');
	});

	it('counts in the singular and the plural', () => {
		expect(plural(1, 'picture')).toBe('1 picture');
		expect(plural(100_000, 'picture')).toBe('100,000 pictures');
	});

	it.each([
		[0, '0 bytes'],
		[999, '999 bytes'],
		[1_500, '1.5 KB'],
		[25_000_000, '25 MB'],
	])('writes %d bytes as %s', (bytes, written) => {
		expect(fileSize(bytes)).toBe(written);
	});

	it.each([
		[0.2, '1 s'],
		[59, '59 s'],
		[90, '2 min'],
		[59.7, '1 min'],
		[3599, '1 h 0 min'],
		[5400, '1 h 30 min'],
		[7190, '2 h 0 min'],
	])('writes %d seconds as %s', (seconds, written) => {
		expect(duration(seconds)).toBe(written);
	});

	it('tells recent times by their distance', () => {
		const now = Date.parse('2026-05-01T12:00:00Z');
		expect(ago('2026-05-01T11:59:30Z', now)).toBe('just now');
		expect(ago('2026-05-01T11:30:00Z', now)).toBe('30 min ago');
		expect(ago('2026-05-01T03:00:00Z', now)).toBe('9 h ago');
	});
});
