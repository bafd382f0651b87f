import { describe, expect, it } from 'vitest';
import type { ServiceStatus } from './api/types';
import { noticeOf } from './service.svelte';

const statusOf = (given: Partial<ServiceStatus> = {}): ServiceStatus => ({
	queue: { interactive: 0, bulk: 0, oldest_waiting_seconds: 0 },
	images: { queued: 0, running: 0, done: 3, failed: 0, cancelled: 0, total: 3 },
	workers: { alive: 1, state: 'ready', detail: 'Workers are ready.' },
	model: 'mobilenet_v2',
	...given,
});

describe('the notice', () => {
	it('is positive when all images are processed', () => {
		expect(noticeOf(statusOf()).tone).toBe('good');
	});

	it('counts queued and running images', () => {
		const status = statusOf({
			queue: { interactive: 1, bulk: 1200, oldest_waiting_seconds: 3 },
			images: { queued: 1201, running: 4, done: 0, failed: 0, cancelled: 0, total: 1205 },
		});
		expect(noticeOf(status)).toMatchObject({ tone: 'busy', short: '1,205 processing' });
	});

	it('reports the number of waiting images when no worker runs', () => {
		const status = statusOf({
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
		const status = statusOf({ workers: { alive: 0, state: 'no_weights', detail } });
		expect(noticeOf(status).long).toContain(detail);
	});
});
