import type { ApiKey, Image, Job, JobItem, Limits, Prediction, ServiceStatus } from '../api/types';

/** Factories of valid API objects for tests. Parameters override fields. */

export const makePredictions = (...labels: [label: string, score: number][]): Prediction[] =>
	labels.map(([label, score], at) => ({
		rank: at + 1,
		label,
		score,
		class_index: at,
		wnid: `n0000000${at}`,
	}));

export const makeImage = (given: Partial<Image> = {}): Image => ({
	id: 'i1',
	name: 'cat.jpg',
	status: 'done',
	media_type: 'image/jpeg',
	width: 640,
	height: 480,
	bytes: 12_345,
	created_at: '2026-05-01T12:00:00Z',
	classified_at: '2026-05-01T12:00:01Z',
	deleted_at: null,
	model: 'mobilenet_v2',
	failure: null,
	predictions: makePredictions(['Egyptian_cat', 0.8], ['tabby', 0.1]),
	categories: [],
	tags: [],
	matches: [],
	...given,
});

export const makeItem = (given: Partial<JobItem> = {}): JobItem => ({
	position: 0,
	name: 'cat.jpg',
	outcome: 'accepted',
	image_id: 'i1',
	status: 'queued',
	problem: null,
	predictions: [],
	...given,
});

export const makeJob = (items: JobItem[], given: Partial<Job> = {}): Job => ({
	id: 'j1',
	created_at: '2026-05-01T12:00:00Z',
	status: 'running',
	counts: {
		total: items.length,
		queued: 0,
		running: 0,
		done: 0,
		failed: 0,
		duplicate: 0,
		rejected: 0,
		cancelled: 0,
	},
	items,
	cursor: '1',
	...given,
});

export const makeLimits = (given: Partial<Limits> = {}): Limits => ({
	max_upload_bytes: 1000,
	max_files_per_request: 10,
	max_request_bytes: 10_000,
	max_pixels: 1,
	media_types: ['image/jpeg', 'image/heic'],
	export_formats: ['csv'],
	requests_per_minute: { per_key: null, per_address: null },
	...given,
});

export const makeStatus = (given: Partial<ServiceStatus> = {}): ServiceStatus => ({
	queue: { interactive: 0, bulk: 0, oldest_waiting_seconds: 0 },
	images: { queued: 0, running: 0, done: 3, failed: 0, cancelled: 0, total: 3 },
	problems: 0,
	workers: { alive: 1, state: 'ready', detail: 'Workers are ready.' },
	model: 'mobilenet_v2',
	...given,
});

export const makeKey = (given: Partial<ApiKey> = {}): ApiKey => ({
	id: 'k1',
	prefix: 'gal_4fTqW0xk',
	name: 'laptop',
	scopes: ['read'],
	created_at: '2026-05-01T12:00:00Z',
	expires_at: null,
	last_used_at: null,
	last_used_address: null,
	revoked_at: null,
	is_valid: true,
	is_own: false,
	...given,
});

export const makeFile = (name = 'cat.jpg', type = 'image/jpeg', size = 10): File =>
	new File([new Uint8Array(size)], name, { type });
