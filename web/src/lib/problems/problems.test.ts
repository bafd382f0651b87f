import { describe, expect, it } from 'vitest';
import { makeStatus } from '../testing/factories';
import { mergeRows, nextRetry } from './problems.svelte';

const row = (code: string, count: number) => ({ code, count, retryable: true });

describe('mergeRows', () => {
	it('keeps the order of the rows when their counts change', () => {
		const rows = [row('a', 9), row('b', 5)];
		expect(mergeRows(rows, [row('c', 20), row('b', 6), row('a', 1)], [])).toEqual([
			row('a', 1),
			row('b', 6),
			row('c', 20),
		]);
	});

	it('drops a reason without images unless its retry is shown', () => {
		const rows = [row('a', 9), row('b', 5)];
		expect(mergeRows(rows, [], ['b'])).toEqual([row('b', 0)]);
	});
});

describe('nextRetry', () => {
	const started = { queued: 40, processed: 0, failed: null };
	const now = (queued: number, problems: number) => {
		const { images, ...status } = makeStatus();
		return { ...status, problems, images: { ...images, queued, running: 1 } };
	};

	it('shows how many of the images are processed', () => {
		expect(nextRetry(started, now(9, 3), 2)).toEqual({ queued: 40, processed: 30, failed: null });
	});

	it('does not go back when other images are queued', () => {
		const later = { ...started, processed: 30 };
		expect(nextRetry(later, now(500, 3), 2).processed).toBe(30);
	});

	it('ends with the images that failed again when none is open', () => {
		const status = { ...now(0, 4), images: { ...makeStatus().images, queued: 0, running: 0 } };
		expect(nextRetry(started, status, 2)).toEqual({ queued: 40, processed: 40, failed: 2 });
	});
});
