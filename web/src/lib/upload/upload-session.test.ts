import { flushSync } from 'svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../api/client';
import * as jobs from '../api/jobs';
import type { Job } from '../api/types';
import { fileOf, itemOf, jobOf, limitsOf, predictionsOf } from '../testing/factories';
import { UploadSession } from './upload-session.svelte';

vi.mock('../api/jobs');
const api = vi.mocked(jobs);

const never = new Promise<never>(() => {});
const tags = predictionsOf(['tabby', 0.9]);

/** What the service answers to each look at the job, one after the other, then silence. */
function answers(...looks: Job[]) {
	for (const job of looks) api.readJob.mockResolvedValueOnce({ job, etag: undefined });
	api.readJob.mockReturnValue(never);
}

function watched(session: UploadSession): () => void {
	const stop = session.watch();
	return () => {
		stop();
		flushSync();
	};
}

beforeEach(() => {
	vi.resetAllMocks();
	localStorage.clear();
	api.readLimits.mockResolvedValue(limitsOf());
});

describe('an upload', () => {
	it('says of each file what the service said, and no more', async () => {
		api.sendFiles.mockResolvedValue(
			jobOf([
				itemOf({ position: 0 }),
				itemOf({ position: 1, outcome: 'duplicate', status: 'done', predictions: tags }),
				itemOf({
					position: 2,
					outcome: 'rejected',
					image_id: null,
					status: null,
					problem: { code: 'truncated', detail: 'The file ends too early.' },
				}),
			]),
		);
		const session = new UploadSession();
		await session.add([
			fileOf('a.jpg'),
			fileOf('b.jpg'),
			fileOf('c.jpg'),
			fileOf('d.txt', 'text/plain'),
		]);

		expect(session.id).toBe('j1');
		expect(session.rows.map((row) => row.phase)).toEqual([
			'queued',
			'duplicate',
			'rejected',
			'rejected',
		]);
		expect(session.rows[2]?.problem).toBe('The file ends too early.');
		expect(session.tally).toMatchObject({
			total: 4,
			queued: 1,
			duplicate: 1,
			rejected: 2,
			settled: 3,
		});
	});

	it('shows the tags once the job has them', async () => {
		api.sendFiles.mockResolvedValue(jobOf([itemOf()]));
		answers(jobOf([itemOf({ status: 'done', predictions: tags })]));
		const session = new UploadSession();
		await session.add([fileOf()]);

		const stop = watched(session);
		await vi.waitFor(() => expect(session.rows[0]?.phase).toBe('done'));
		stop();

		expect(session.rows[0]?.predictions).toEqual(tags);
		expect(session.rows).toHaveLength(1);
	});

	it('tells its own files from those of another tab', async () => {
		api.sendFiles.mockResolvedValue(jobOf([itemOf({ position: 1, name: 'mine.jpg' })]));
		answers(
			jobOf([
				itemOf({ position: 0, name: 'theirs.jpg', image_id: 'i0' }),
				itemOf({ position: 1, name: 'mine.jpg' }),
			]),
		);
		const session = new UploadSession();
		await session.add([fileOf('mine.jpg')]);

		const stop = watched(session);
		await vi.waitFor(() => expect(session.rows).toHaveLength(2));
		stop();

		expect(session.rows.map((row) => row.name)).toEqual(['mine.jpg', 'theirs.jpg']);
	});
});

describe('coming back to an upload', () => {
	it('reads the rows from the receipt', async () => {
		answers(jobOf([itemOf({ status: 'done', predictions: tags }), itemOf({ position: 1 })]));
		const session = new UploadSession('j1');
		expect(session.loaded).toBe(false);

		const stop = watched(session);
		await vi.waitFor(() => expect(session.loaded).toBe(true));
		stop();

		expect(session.rows.map((row) => row.phase)).toEqual(['done', 'queued']);
	});

	it('says so when there is no such job', async () => {
		api.readJob.mockRejectedValue(new ProblemError(404, { detail: 'There is no job j1.' }));
		const session = new UploadSession('j1');

		const stop = watched(session);
		await vi.waitFor(() => expect(session.missing).toBe(true));
		stop();

		expect(api.readJob).toHaveBeenCalledOnce();
	});

	it('counts the files that never left the closed page', async () => {
		api.sendFiles.mockResolvedValueOnce(
			jobOf([0, 1, 2, 3].map((position) => itemOf({ position }))),
		);
		api.sendFiles.mockReturnValue(never);
		const closed = new UploadSession();
		void closed.add(Array.from({ length: 10 }, (_, at) => fileOf(`${at}.jpg`)));
		await vi.waitFor(() => expect(closed.id).toBe('j1'));

		answers(jobOf([0, 1, 2, 3].map((position) => itemOf({ position }))));
		const session = new UploadSession('j1');
		const stop = watched(session);
		await vi.waitFor(() => expect(session.loaded).toBe(true));
		stop();

		expect(session.unsent).toBe(6);
	});

	it('counts the files that the service did not take', async () => {
		const refuse = new ProblemError(401, { detail: 'A key is needed.' });
		const first = [0, 1, 2, 3].map((position) => itemOf({ position }));
		api.sendFiles.mockResolvedValueOnce(jobOf(first)).mockRejectedValue(refuse);
		const closed = new UploadSession();
		await closed.add(Array.from({ length: 10 }, (_, at) => fileOf(`${at}.jpg`)));
		expect(closed.tally.failed).toBe(6);

		answers(jobOf(first));
		const session = new UploadSession('j1');
		const stop = watched(session);
		await vi.waitFor(() => expect(session.loaded).toBe(true));
		stop();

		expect(session.unsent).toBe(6);
	});

	it('forgets how fast it went when nothing comes any more', async () => {
		let now = 1000;
		vi.spyOn(Date, 'now').mockImplementation(() => (now += 10_000));
		answers(jobOf([itemOf(), itemOf({ position: 1 })]), jobOf([itemOf({ status: 'done' })]));
		for (let quiet = 0; quiet < 3; quiet += 1) {
			api.readJob.mockResolvedValueOnce({ job: null, etag: undefined });
		}
		const session = new UploadSession('j1');
		const stop = watched(session);
		await vi.waitFor(() => expect(session.perSecond).not.toBeNull());
		await vi.waitFor(() => expect(session.perSecond).toBeNull(), { timeout: 4000 });
		stop();
	});

	it('tries again only where that may help', async () => {
		api.readJob.mockRejectedValue(new ProblemError(403, { detail: 'The key may not read.' }));
		const session = new UploadSession('j1');
		const stop = watched(session);
		await vi.waitFor(() => expect(session.trouble).toBe('The key may not read.'));
		stop();
	});
});
