import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, it, vi } from 'vitest';
import type { Facets as Counted } from '../api/types';
import Facets from './Facets.svelte';

type Facet = Counted['items'][number];

const BIRD: Facet = { label: 'crane', kind: 'class', wnid: 'n02012849', count: 3 };
const MACHINE: Facet = { label: 'crane', kind: 'class', wnid: 'n03126707', count: 2 };

function facets(q: string, ...items: Facet[]) {
	const onsearch = vi.fn();
	render(Facets, { facets: { items, is_exact: true }, total: 9, q, onsearch });
	return { onsearch, buttons: screen.getAllByRole('button') };
}

it('shows tags of the same name beside each other, with their numbers', () => {
	const { buttons } = facets('', BIRD, MACHINE);
	expect(buttons.map(({ textContent }) => textContent?.trim())).toEqual(['crane 3', 'crane 2']);
});

it('asks for the whole tag, and is pressed when that is asked for', async () => {
	const { onsearch, buttons } = facets('"ox" crane', BIRD, {
		label: 'ox',
		kind: 'class',
		wnid: 'n02403003',
		count: 3,
	});
	expect(buttons.map((button) => button.getAttribute('aria-pressed'))).toEqual(['false', 'true']);
	for (const button of buttons) await fireEvent.click(button);
	expect(onsearch.mock.calls).toEqual([['"ox" crane "crane"'], ['crane']]);
});
