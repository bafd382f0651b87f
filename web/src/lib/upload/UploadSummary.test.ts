import { render, screen } from '@testing-library/svelte';
import { beforeEach, expect, it, vi } from 'vitest';
import * as jobs from '../api/jobs';
import { itemOf, jobOf } from '../testing/factories';
import { UploadSession } from './upload-session.svelte';
import UploadSummary from './UploadSummary.svelte';
import { noteExpected } from './expected-files';

vi.mock('../api/jobs');

type Look = Awaited<ReturnType<typeof jobs.readJob>>;

beforeEach(() => {
	vi.resetAllMocks();
	localStorage.clear();
});

const heading = () => screen.getByRole('heading').textContent;

function summary(id: string | null): UploadSession {
	const session = new UploadSession(id);
	render(UploadSummary, { session, only: null, ononly: vi.fn() });
	return session;
}

it('calls nothing finished of which it knows nothing yet', async () => {
	const job = jobOf([itemOf({ status: 'done' })]);
	let answer: () => void = () => {};
	const first = new Promise<Look>((resolve) => (answer = () => resolve({ job, etag: undefined })));
	vi.mocked(jobs.readJob)
		.mockReturnValueOnce(first)
		.mockReturnValue(new Promise(() => {}));
	const session = summary('j1');
	const stop = session.watch();
	expect(heading()).toBe('Upload');
	expect(screen.queryByText(/ of 0 /)).toBeNull();

	answer();
	await vi.waitFor(() => expect(heading()).toBe('Upload finished'));
	expect(screen.getByRole('status').textContent).toBe('Upload finished: 1 file');
	stop();
});

it('calls an upload that has only begun to be read not finished', () => {
	summary(null);
	expect(heading()).toBe('Uploading and classifying');
});

it('calls an upload interrupted of which files have not arrived', async () => {
	noteExpected('j1', 3);
	const job = jobOf([itemOf({ status: 'done' })]);
	vi.mocked(jobs.readJob).mockResolvedValueOnce({ job, etag: undefined });
	const stop = summary('j1').watch();
	await vi.waitFor(() => expect(heading()).toBe('Upload interrupted'));
	stop();
});
