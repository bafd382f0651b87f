import { beforeEach, expect, it, vi } from 'vitest';
import { ProblemError } from '../api/client';
import * as jobs from '../api/jobs';
import { router } from '../router.svelte';
import { fileOf, itemOf, jobOf, limitsOf } from '../testing/factories';
import { uploads } from './uploads.svelte';

vi.mock('../api/jobs');
const api = vi.mocked(jobs);

beforeEach(() => {
	vi.resetAllMocks();
	api.readLimits.mockResolvedValue(limitsOf());
	api.sendFiles.mockResolvedValue(jobOf([itemOf()]));
});

it('begins a new upload where the address names none', async () => {
	api.readJob.mockRejectedValue(new ProblemError(404, {}));
	router.go('#/jobs/wrong');
	const stop = uploads.session('wrong').watch();
	await vi.waitFor(() => expect(uploads.session('wrong').missing).toBe(true));
	stop();

	await uploads.take(handfulsOf(1));
	await vi.waitFor(() => expect(router.jobId).toBe('j1'));
	expect(api.sendFiles.mock.calls[0]?.[0].jobId).toBeNull();
});

it('takes nothing more of a folder once the upload is cancelled', async () => {
	api.readJob.mockReturnValue(new Promise(() => {}));
	api.cancelJob.mockResolvedValue(jobOf([]));
	router.go('#/');
	let read = 0;
	async function* folder() {
		for (; read < 5; read += 1) {
			if (read === 2) await uploads.shown?.cancel();
			yield [fileOf(`${read}.jpg`)];
		}
	}
	await uploads.take(folder());
	expect(read).toBe(2);
});

async function* handfulsOf(number: number) {
	for (let at = 0; at < number; at += 1) yield [fileOf(`${at}.jpg`)];
}
