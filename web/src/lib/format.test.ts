import { describe, expect, it } from 'vitest';
import {
	ago,
	confidence,
	confidenceText,
	duration,
	fileSize,
	sizeLimit,
	percent,
	plural,
	formatTag,
} from './format';

describe('a score', () => {
	it.each([
		[1, 'high', '100\u00a0%'],
		[0.998, 'high', '99\u00a0%'],
		[0.8, 'high', '80\u00a0%'],
		[0.799, 'medium', '80\u00a0%'],
		[0.5, 'medium', '50\u00a0%'],
		[0.4999, 'low', '50\u00a0%'],
		[0.001, 'low', '<1\u00a0%'],
		[0, 'low', '0\u00a0%'],
	])('of %d has level %s and text %s', (score, level, text) => {
		expect(confidence(score)).toBe(level);
		expect(percent(score)).toBe(text);
	});
});

it('shows level and percentage', () => {
	expect(confidenceText(0.98)).toBe('High · 98\u00a0%');
});

describe('formatting', () => {
	it('replaces underscores in labels', () => {
		expect(formatTag('black-and-tan_coonhound')).toBe('black-and-tan coonhound');
	});

	it('states a limit of 20 MiB as 20 MB (P16)', () => {
		expect(sizeLimit(20 * 2 ** 20)).toBe('20 MB');
		expect(sizeLimit(1000)).toBe('1.0 KB');
	});

	it('formats singular and plural', () => {
		expect(plural(1, 'image')).toBe('1 image');
		expect(plural(100_000, 'image')).toBe('100,000 images');
	});

	it.each([
		[0, '0 bytes'],
		[999, '999 bytes'],
		[1_500, '1.5 KB'],
		[25_000_000, '25 MB'],
	])('formats %d bytes as %s', (bytes, text) => {
		expect(fileSize(bytes)).toBe(text);
	});

	it.each([
		[0.2, '1 s'],
		[59, '59 s'],
		[90, '2 min'],
		[59.7, '1 min'],
		[3599, '1 h 0 min'],
		[5400, '1 h 30 min'],
		[7190, '2 h 0 min'],
	])('formats %d seconds as %s', (seconds, text) => {
		expect(duration(seconds)).toBe(text);
	});

	it('formats recent times as relative', () => {
		const now = Date.parse('2026-05-01T12:00:00Z');
		expect(ago('2026-05-01T11:59:30Z', now)).toBe('just now');
		expect(ago('2026-05-01T11:30:00Z', now)).toBe('30 min ago');
		expect(ago('2026-05-01T03:00:00Z', now)).toBe('9 h ago');
	});
});
