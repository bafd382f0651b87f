import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { beforeEach, expect, it, vi } from 'vitest';
import * as images from '../api/images';
import * as jobs from '../api/jobs';
import { makeImage, makeLimits, makePredictions, makeStatus } from '../testing/factories';
import ImageDetails from './ImageDetails.svelte';
import { DetailsPanel } from './details-panel.svelte';

vi.mock('../api/images');
vi.mock('../api/jobs');

function details(image: Parameters<typeof makeImage>[0]): DetailsPanel {
	const panel = new DetailsPanel();
	panel.image = makeImage({ predictions: [], ...image });
	if (!panel.open) panel.toggle();
	render(ImageDetails, { panel, onremoved: vi.fn(), onchange: vi.fn(), ontoggle: vi.fn() });
	return panel;
}

beforeEach(() => {
	vi.resetAllMocks();
	vi.mocked(jobs.readStatus).mockResolvedValue(makeStatus());
	vi.mocked(jobs.readLimits).mockResolvedValue(makeLimits());
	vi.mocked(images.similarImages).mockResolvedValue({ items: [] });
});

it('loads the tags of an image that was queued when opened', async () => {
	vi.mocked(images.readImage).mockResolvedValue(makeImage());
	details({ status: 'queued' });
	expect(screen.getByText(/^Processing\./)).toBeTruthy();
	expect(await screen.findByText('Egyptian cat')).toBeTruthy();
	expect(images.readImage).toHaveBeenCalledOnce();
});

it('retries a cancelled image without replacing the image shown next', async () => {
	let answer: (image: ReturnType<typeof makeImage>) => void = () => {};
	vi.mocked(images.retryImage).mockReturnValue(new Promise((resolve) => (answer = resolve)));
	const panel = details({ status: 'cancelled' });
	expect(screen.getByText('Cancelled before processing.')).toBeTruthy();

	await fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
	panel.image = makeImage({ id: 'another' });
	answer(makeImage({ status: 'queued' }));
	await Promise.resolve();
	expect(panel.image.id).toBe('another');
});

it.each([
	['truncated', false],
	['too_many_pixels', false],
	['crashed_worker', true],
	['internal', true],
])('offers a retry after %s only if it can succeed (P15)', (code, offered) => {
	details({ status: 'failed', failure: { code, detail: 'A detail.' } });
	expect(screen.queryAllByRole('button', { name: 'Try again' })).toHaveLength(offered ? 1 : 0);
});

it('links each tag and category to its images (P16)', () => {
	details({
		predictions: makePredictions(['Egyptian_cat', 0.9]),
		categories: [{ label: 'domestic cat', score: 0.95, technical: false }],
	});
	const links = ['Egyptian cat', 'domestic cat'].map((name) => screen.getByRole('link', { name }));
	expect(links.map((link) => link.getAttribute('href'))).toEqual([
		'#/search?q=%22Egyptian+cat%22',
		'#/search?q=%22domestic+cat%22',
	]);
});

it('deletes one image in the trash permanently, after a confirmation (P16)', async () => {
	vi.mocked(images.purgeImages).mockResolvedValue({ purged: 1 });
	details({ deleted_at: '2026-05-01T12:00:00Z' });
	await fireEvent.click(screen.getByRole('button', { name: 'Delete permanently' }));
	expect(images.purgeImages).not.toHaveBeenCalled();
	const dialog = screen.getByRole('dialog', { name: 'Delete permanently?' });
	await fireEvent.click(within(dialog).getByRole('button', { name: 'Delete permanently' }));
	expect(images.purgeImages).toHaveBeenCalledExactlyOnceWith({ ids: ['i1'] });
});
