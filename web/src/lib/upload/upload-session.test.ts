import { flushSync } from 'svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../api/client';
import * as jobs from '../api/jobs';
import type { Job } from '../api/types';
import { makeFile, makeItem, makeJob, makeLimits, makePredictions } from '../testing/factories';
import { UploadSession } from './upload-session.svelte';

vi.mock('../api/jobs');
const api = vi.mocked(jobs);

const never = new Promise<never>(() => {});
const tags = makePredictions(['tabby', 0.9]);

/** Mock the results of successive polls; later polls never resolve. */
function mockPolls(...polls: Job[]) {
	for (const job of polls) api.readJob.mockResolvedValueOnce({ job, etag: undefined });
	api.readJob.mockReturnValue(never);
}

function startWatching(session: UploadSession): () => void {
	const stop = session.watch();
	return () => {
		stop();
		flushSync();
	};
}

beforeEach(() => {
	vi.resetAllMocks();
	localStorage.clear();
	api.readLimits.mockResolvedValue(makeLimits());
});

describe('an upload', () => {
	it('shows the state of each file from the response', async () => {
		api.sendFiles.mockResolvedValue(
			makeJob([
				makeItem({ position: 0 }),
				makeItem({ position: 1, outcome: 'duplicate', status: 'done', predictions: tags }),
				makeItem({
					position: 2,
					outcome: 'rejected',
					image_id: null,
					status: null,
					problem: { code: 'too_many_pixels', detail: 'Too many pixels.' },
				}),
			]),
		);
		const session = new UploadSession();
		await session.add([
			makeFile('a.jpg'),
			makeFile('b.jpg'),
			makeFile('c.jpg'),
			makeFile('d.txt', 'text/plain'),
		]);

		expect(session.id).toBe('j1');
		expect(session.items.map((item) => item.phase)).toEqual([
			'queued',
			'duplicate',
			'rejected',
			'rejected',
		]);
		expect(session.items[2]?.problem).toBe('Too many pixels.');
		expect(session.tally).toMatchObject({
			total: 4,
			queued: 1,
			duplicate: 1,
			rejected: 2,
			finished: 3,
		});
	});

	it('shows files that the page rejected again after a reload', async () => {
		// P3: "10 files, 3 rejected" became "8 files, 1 rejected".
		api.sendFiles.mockResolvedValue(makeJob([makeItem()]));
		await new UploadSession().add([makeFile('a.jpg'), makeFile('d.txt', 'text/plain')]);
		mockPolls(makeJob([makeItem()]));
		const reloaded = new UploadSession('j1');
		const stop = startWatching(reloaded);
		await vi.waitFor(() => expect(reloaded.tally).toMatchObject({ total: 2, rejected: 1 }));

		expect(reloaded.items.find(({ phase }) => phase === 'rejected')).toMatchObject({
			name: 'd.txt',
			problem: '.txt files are not supported.',
		});
		expect(reloaded.unsent).toBe(0);
		stop();
	});

	it('shows the tags after the job reports them', async () => {
		api.sendFiles.mockResolvedValue(makeJob([makeItem()]));
		mockPolls(makeJob([makeItem({ status: 'done', predictions: tags })]));
		const session = new UploadSession();
		await session.add([makeFile()]);

		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.items[0]?.phase).toBe('done'));
		stop();

		expect(session.items[0]?.predictions).toEqual(tags);
		expect(session.items).toHaveLength(1);
	});

	it('lists the files of another tab after its own', async () => {
		api.sendFiles.mockResolvedValue(makeJob([makeItem({ position: 1, name: 'mine.jpg' })]));
		mockPolls(
			makeJob([
				makeItem({ position: 0, name: 'theirs.jpg', image_id: 'i0' }),
				makeItem({ position: 1, name: 'mine.jpg' }),
			]),
		);
		const session = new UploadSession();
		await session.add([makeFile('mine.jpg')]);

		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.items).toHaveLength(2));
		stop();

		expect(session.items.map((item) => item.name)).toEqual(['mine.jpg', 'theirs.jpg']);
	});
});

describe('reopening an upload', () => {
	it('loads the items from the job', async () => {
		mockPolls(
			makeJob([makeItem({ status: 'done', predictions: tags }), makeItem({ position: 1 })]),
		);
		const session = new UploadSession('j1');
		expect(session.loaded).toBe(false);

		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.loaded).toBe(true));
		stop();

		expect(session.items.map((item) => item.phase)).toEqual(['done', 'queued']);
	});

	it.each([404, 422])('reports a job that does not exist (status %d)', async (status) => {
		api.readJob.mockRejectedValue(new ProblemError(status, { detail: 'Job not found.' }));
		const session = new UploadSession('j1');

		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.notFound).toBe(true));
		stop();

		expect(api.readJob).toHaveBeenCalledOnce();
	});

	it('counts files that a closed page did not send', async () => {
		api.sendFiles.mockResolvedValueOnce(
			makeJob([0, 1, 2, 3].map((position) => makeItem({ position }))),
		);
		api.sendFiles.mockReturnValue(never);
		const closed = new UploadSession();
		void closed.add(Array.from({ length: 10 }, (_, at) => makeFile(`${at}.jpg`)));
		await vi.waitFor(() => expect(closed.id).toBe('j1'));

		mockPolls(makeJob([0, 1, 2, 3].map((position) => makeItem({ position }))));
		const session = new UploadSession('j1');
		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.loaded).toBe(true));
		stop();

		expect(session.unsent).toBe(6);
	});

	it('counts files that the service did not accept', async () => {
		const unauthorized = new ProblemError(401, { detail: 'Missing or invalid API key.' });
		const first = [0, 1, 2, 3].map((position) => makeItem({ position }));
		api.sendFiles.mockResolvedValueOnce(makeJob(first)).mockRejectedValue(unauthorized);
		const closed = new UploadSession();
		await closed.add(Array.from({ length: 10 }, (_, at) => makeFile(`${at}.jpg`)));
		expect(closed.tally.failed).toBe(6);

		mockPolls(makeJob(first));
		const session = new UploadSession('j1');
		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.loaded).toBe(true));
		stop();

		expect(session.unsent).toBe(6);
	});

	it('clears the throughput after polls without changes', async () => {
		let now = 1000;
		vi.spyOn(Date, 'now').mockImplementation(() => (now += 10_000));
		mockPolls(
			makeJob([makeItem(), makeItem({ position: 1 })]),
			makeJob([makeItem({ status: 'done' })]),
		);
		for (let quiet = 0; quiet < 3; quiet += 1) {
			api.readJob.mockResolvedValueOnce({ job: null, etag: undefined });
		}
		const session = new UploadSession('j1');
		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.perSecond).not.toBeNull());
		await vi.waitFor(() => expect(session.perSecond).toBeNull(), { timeout: 4000 });
		stop();
	});

	it('does not retry a permanent error', async () => {
		api.readJob.mockRejectedValue(new ProblemError(403, { detail: 'This key has no read scope.' }));
		const session = new UploadSession('j1');
		const stop = startWatching(session);
		await vi.waitFor(() => expect(session.error).toBe('This key has no read scope.'));
		stop();
	});
});
