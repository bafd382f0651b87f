import { render, screen } from '@testing-library/svelte';
import { beforeEach, expect, it, vi } from 'vitest';
import * as jobs from '../api/jobs';
import { makeItem, makeJob } from '../testing/factories';
import { UploadSession } from './upload-session.svelte';
import UploadSummary from './UploadSummary.svelte';
import { storeExpectedFiles } from './expected-files';

vi.mock('../api/jobs');

type PollResult = Awaited<ReturnType<typeof jobs.readJob>>;

beforeEach(() => {
	vi.resetAllMocks();
	localStorage.clear();
});

const heading = () => screen.getByRole('heading').textContent;

function renderSummary(id: string | null): UploadSession {
	const session = new UploadSession(id);
	render(UploadSummary, { session, filter: null, onfilter: vi.fn() });
	return session;
}

it('shows no result before the job is loaded', async () => {
	const job = makeJob([makeItem({ status: 'done' })]);
	let respond: () => void = () => {};
	const first = new Promise<PollResult>(
		(resolve) => (respond = () => resolve({ job, etag: undefined })),
	);
	vi.mocked(jobs.readJob)
		.mockReturnValueOnce(first)
		.mockReturnValue(new Promise(() => {}));
	const session = renderSummary('j1');
	const stop = session.watch();
	expect(heading()).toBe('Upload');
	expect(screen.queryByText(/ of 0 /)).toBeNull();

	respond();
	await vi.waitFor(() => expect(heading()).toBe('Upload finished'));
	expect(screen.getByRole('status').textContent).toBe('Upload finished: 1 file');
	stop();
});

it('shows a new upload as in progress', () => {
	renderSummary(null);
	expect(heading()).toBe('Uploading and processing');
});

it('shows an upload with unsent files as interrupted', async () => {
	storeExpectedFiles('j1', 3);
	const job = makeJob([makeItem({ status: 'done' })]);
	vi.mocked(jobs.readJob).mockResolvedValueOnce({ job, etag: undefined });
	const stop = renderSummary('j1').watch();
	await vi.waitFor(() => expect(heading()).toBe('Upload interrupted'));
	stop();
});
