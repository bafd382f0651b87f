import { beforeEach, expect, it, vi } from 'vitest';
import { ProblemError } from '../api/client';
import * as jobs from '../api/jobs';
import { router } from '../router.svelte';
import { makeFile, makeItem, makeJob, makeLimits } from '../testing/factories';
import { uploads } from './uploads.svelte';

vi.mock('../api/jobs');
const api = vi.mocked(jobs);

beforeEach(() => {
	vi.resetAllMocks();
	api.readLimits.mockResolvedValue(makeLimits());
	api.sendFiles.mockResolvedValue(makeJob([makeItem()]));
});

it('starts a new upload when the job in the address does not exist', async () => {
	api.readJob.mockRejectedValue(new ProblemError(404, {}));
	router.go('#/jobs/wrong');
	const stop = uploads.session('wrong').watch();
	await vi.waitFor(() => expect(uploads.session('wrong').notFound).toBe(true));
	stop();

	await uploads.add(batchesOf(1));
	await vi.waitFor(() => expect(router.jobId).toBe('j1'));
	expect(api.sendFiles.mock.calls[0]?.[0].jobId).toBeNull();
});

it('stops reading a folder after the upload is cancelled', async () => {
	api.readJob.mockReturnValue(new Promise(() => {}));
	api.cancelJob.mockResolvedValue(makeJob([]));
	router.go('#/');
	let read = 0;
	async function* folder() {
		for (; read < 5; read += 1) {
			if (read === 2) await uploads.current?.cancel();
			yield [makeFile(`${read}.jpg`)];
		}
	}
	await uploads.add(folder());
	expect(read).toBe(2);
});

async function* batchesOf(number: number) {
	for (let at = 0; at < number; at += 1) yield [makeFile(`${at}.jpg`)];
}
