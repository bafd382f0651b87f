import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { Image } from '../api/types';
import { makeImage, makePredictions } from '../testing/factories';
import ImageCard from './ImageCard.svelte';

function card(
	image: Image,
	given: { selecting?: boolean; selected?: boolean; fixed?: boolean } = {},
) {
	const calls = {
		onopen: vi.fn(),
		onselect: vi.fn(),
		ondelete: vi.fn(),
		onrestore: vi.fn(),
		onactive: vi.fn(),
	};
	const state = { active: true, selected: false, selecting: false, ...given };
	render(ImageCard, { image, index: 7, ...state, ...calls });
	return calls;
}

describe('an image card', () => {
	it('expands to all tags with their scores', async () => {
		card(makeImage({ predictions: makePredictions(['tabby', 0.62], ['Egyptian_cat', 0.2]) }));
		const best = screen.getByRole('button', { name: /^tabby, Medium · 62\s%/ });
		expect(screen.queryByText('Egyptian cat')).toBeNull();

		await fireEvent.click(best);

		expect(best.getAttribute('aria-expanded')).toBe('true');
		expect(screen.getByText('Egyptian cat')).toBeTruthy();
		expect(screen.getByText('20 %')).toBeTruthy();
	});

	it('highlights the matched tags with their scores', () => {
		card(
			makeImage({
				matches: [
					{
						rank: null,
						label: 'cat',
						kind: 'category',
						wnid: 'n02121620',
						score: 0.97,
						path: 'tabby ← cat',
					},
				],
			}),
		);
		const matches = screen.getByLabelText('Matching tags');
		expect(matches.querySelector('mark')?.textContent).toBe('cat');
		expect(matches.textContent).toContain('97\u00a0%');
	});

	it('escapes HTML in the name', () => {
		card(makeImage({ name: '<img src=x onerror=alert(1)>.jpg' }));
		expect(screen.getByRole('heading').textContent).toBe('<img src=x onerror=alert(1)>.jpg');
	});

	it('shows why it failed', () => {
		card(
			makeImage({
				status: 'failed',
				predictions: [],
				failure: { code: 'truncated', detail: 'From the service.' },
			}),
		);
		expect(screen.getByText(/^This file is cut off/)).toBeTruthy();
	});

	it('is named by its best tag, score and file name (P14)', () => {
		card(makeImage());
		expect(screen.getByRole('button', { name: 'Egyptian cat, 80\u00a0%: cat.jpg' })).toBeTruthy();
		expect(document.querySelector('img')?.alt).toBe('Egyptian cat, tabby');
	});

	it('explains the confidence levels', async () => {
		card(makeImage());
		await fireEvent.click(screen.getByRole('button', { name: /^Egyptian cat, High/ }));
		expect(screen.getByRole('button', { name: 'About confidence' })).toBeTruthy();
		expect(screen.getByText(/^Below 50 %/)).toBeTruthy();
	});

	it('has no delete button while images are selected (P16)', () => {
		card(makeImage(), { selecting: true });
		expect(screen.queryByRole('button', { name: 'Delete cat.jpg' })).toBeNull();
	});

	it('opens on click', async () => {
		const reading = card(makeImage());
		await fireEvent.click(screen.getByRole('button', { name: /: cat.jpg$/ }));
		expect(reading.onopen).toHaveBeenCalledWith(7);
	});

	it('is selected on click while others are selected, and as a range with Shift', async () => {
		const choosing = card(makeImage(), { selecting: true });
		const image = screen.getByRole('button', { name: /: cat.jpg$/ });
		await fireEvent.click(image);
		await fireEvent.click(image, { shiftKey: true });
		expect(choosing.onselect.mock.calls).toEqual([
			[7, false],
			[7, true],
		]);
		expect(choosing.onopen).not.toHaveBeenCalled();
	});

	it('keeps its checkbox in the state of the selection after a click', async () => {
		const { onselect } = card(makeImage(), { selecting: true, selected: true });
		const box = screen.getByRole<HTMLInputElement>('checkbox');
		await fireEvent.click(box, { shiftKey: true });
		expect(onselect).toHaveBeenCalledWith(7, true);
		await vi.waitFor(() => expect(box.checked).toBe(true));
	});

	it('cannot be deselected when everything is selected', async () => {
		const calls = card(makeImage(), { selecting: true, selected: true, fixed: true });
		expect(screen.getByRole<HTMLInputElement>('checkbox').disabled).toBe(true);
		await fireEvent.click(screen.getByRole('button', { name: /: cat.jpg$/ }));
		expect(calls.onselect).not.toHaveBeenCalled();
		expect(calls.onopen).toHaveBeenCalledWith(7);
	});
});
