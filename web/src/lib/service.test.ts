import { describe, expect, it } from 'vitest';
import { noticeOf } from './service.svelte';
import { makeStatus } from './testing/factories';

describe('the notice', () => {
	it('is positive when all images are processed', () => {
		expect(noticeOf(makeStatus()).tone).toBe('good');
	});

	it('counts queued and running images', () => {
		const status = makeStatus({
			queue: { interactive: 1, bulk: 1200, oldest_waiting_seconds: 3 },
			images: { queued: 1201, running: 4, done: 0, failed: 0, cancelled: 0, total: 1205 },
		});
		expect(noticeOf(status)).toMatchObject({ tone: 'busy', short: '1,205 processing' });
	});

	it('reports the number of waiting images when no worker runs', () => {
		const status = makeStatus({
			queue: { interactive: 1, bulk: 0, oldest_waiting_seconds: 60 },
			workers: { alive: 0, state: 'no_worker', detail: 'No worker is running.' },
		});
		expect(noticeOf(status)).toMatchObject({
			long: 'No worker is running.',
			waiting: '1 image waiting to be processed.',
		});
	});

	it('includes the detail about missing weights', () => {
		const detail = 'No weights in models/ or ../shared/models.';
		const status = makeStatus({ workers: { alive: 0, state: 'no_weights', detail } });
		expect(noticeOf(status).long).toContain(detail);
	});
});
