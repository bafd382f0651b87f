import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { Image } from '../api/types';
import { imageOf, predictionsOf } from '../testing/factories';
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

describe('a card', () => {
	it('opens to all tags with their scores', async () => {
		card(imageOf({ predictions: predictionsOf(['tabby', 0.62], ['Egyptian_cat', 0.2]) }));
		const best = screen.getByRole('button', { name: /^tabby, 62%, likely/ });
		expect(screen.queryByText('Egyptian cat')).toBeNull();

		await fireEvent.click(best);

		expect(best.getAttribute('aria-expanded')).toBe('true');
		expect(screen.getByText('Egyptian cat')).toBeTruthy();
		expect(screen.getByText('20%')).toBeTruthy();
	});

	it('marks the tags that a search matched, with the score that matched', () => {
		card(
			imageOf({
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
		expect(matches.textContent).toContain('97%');
	});

	it('shows a name as text, whatever it holds', () => {
		card(imageOf({ name: '<img src=x onerror=alert(1)>.jpg' }));
		expect(screen.getByRole('heading').textContent).toBe('<img src=x onerror=alert(1)>.jpg');
	});

	it('says why it failed', () => {
		card(
			imageOf({
				status: 'failed',
				predictions: [],
				failure: { code: 'truncated', detail: 'The file ends too early.' },
			}),
		);
		expect(screen.getByText('The file ends too early.')).toBeTruthy();
	});

	it('opens on a click, and is chosen instead while others are', async () => {
		const reading = card(imageOf());
		await fireEvent.click(screen.getByRole('button', { name: 'Open cat.jpg' }));
		expect(reading.onopen).toHaveBeenCalledWith(7);
	});

	it('is chosen by a click while others are, and as a range with shift', async () => {
		const choosing = card(imageOf(), { selecting: true });
		const picture = screen.getByRole('button', { name: 'Open cat.jpg' });
		await fireEvent.click(picture);
		await fireEvent.click(picture, { shiftKey: true });
		expect(choosing.onselect.mock.calls).toEqual([
			[7, false],
			[7, true],
		]);
		expect(choosing.onopen).not.toHaveBeenCalled();
	});

	it('has its box ticked as long as it is chosen, whatever a click made of the box', async () => {
		const { onselect } = card(imageOf(), { selecting: true, selected: true });
		const box = screen.getByRole<HTMLInputElement>('checkbox');
		await fireEvent.click(box, { shiftKey: true });
		expect(onselect).toHaveBeenCalledWith(7, true);
		await vi.waitFor(() => expect(box.checked).toBe(true));
	});

	it('cannot be left out of everything', async () => {
		const calls = card(imageOf(), { selecting: true, selected: true, fixed: true });
		expect(screen.getByRole<HTMLInputElement>('checkbox').disabled).toBe(true);
		await fireEvent.click(screen.getByRole('button', { name: 'Open cat.jpg' }));
		expect(calls.onselect).not.toHaveBeenCalled();
		expect(calls.onopen).toHaveBeenCalledWith(7);
	});
});
