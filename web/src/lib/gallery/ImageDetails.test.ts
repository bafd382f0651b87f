import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeEach, expect, it, vi } from 'vitest';
import * as images from '../api/images';
import * as jobs from '../api/jobs';
import { imageOf, limitsOf } from '../testing/factories';
import ImageDetails from './ImageDetails.svelte';
import { Panel } from './details-panel.svelte';

vi.mock('../api/images');
vi.mock('../api/jobs');

function details(image: Parameters<typeof imageOf>[0]): Panel {
	const panel = new Panel();
	panel.image = imageOf({ predictions: [], ...image });
	if (!panel.open) panel.toggle();
	render(ImageDetails, { panel, onclose: vi.fn(), onchange: vi.fn(), ontoggle: vi.fn() });
	return panel;
}

beforeEach(() => {
	vi.resetAllMocks();
	vi.mocked(jobs.readStatus).mockResolvedValue({
		queue: { interactive: 0, bulk: 0, oldest_waiting_seconds: 0 },
		images: { queued: 1, running: 0, done: 0, failed: 0, cancelled: 0, total: 1 },
		workers: { alive: 1, state: 'ready', detail: '' },
		model: 'mobilenet_v2',
	});
	vi.mocked(jobs.readLimits).mockResolvedValue(limitsOf());
	vi.mocked(images.similarImages).mockResolvedValue({ items: [] });
});

it('gets the tags of a picture that was still waiting when it was opened', async () => {
	vi.mocked(images.readImage).mockResolvedValue(imageOf());
	details({ status: 'queued' });
	expect(screen.getByText('Its tags are still to come.')).toBeTruthy();
	expect(await screen.findByText('Egyptian cat')).toBeTruthy();
	expect(images.readImage).toHaveBeenCalledOnce();
});

it('offers to classify after all what was cancelled, and leaves another picture alone', async () => {
	let answer: (image: ReturnType<typeof imageOf>) => void = () => {};
	vi.mocked(images.retryImage).mockReturnValue(new Promise((resolve) => (answer = resolve)));
	const panel = details({ status: 'cancelled' });
	expect(screen.getByText('It was cancelled before it was classified.')).toBeTruthy();

	await fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
	panel.image = imageOf({ id: 'another' });
	answer(imageOf({ status: 'queued' }));
	await Promise.resolve();
	expect(panel.image.id).toBe('another');
});
