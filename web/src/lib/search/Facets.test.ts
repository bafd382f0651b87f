import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, it, vi } from 'vitest';
import type { Facets as FacetCounts } from '../api/types';
import Facets from './Facets.svelte';

type Facet = FacetCounts['items'][number];

const BIRD: Facet = {
	label: 'crane',
	kind: 'class',
	wnid: 'n02012849',
	count: 3,
	usage: 0,
	technical: false,
};
const MACHINE: Facet = {
	label: 'crane',
	kind: 'class',
	wnid: 'n03126707',
	count: 2,
	usage: 0,
	technical: false,
};

function renderFacets(q: string, ...items: Facet[]) {
	const onsearch = vi.fn();
	render(Facets, { facets: { items, is_exact: true }, total: 9, sample: [], q, onsearch });
	return { onsearch, buttons: screen.getAllByRole('button') };
}

it('shows tags with the same label separately with their counts', () => {
	const { buttons } = renderFacets('', BIRD, MACHINE);
	expect(buttons.map(({ textContent }) => textContent?.trim())).toEqual(['crane 3', 'crane 2']);
});

it('shows a tag of the query as pressed, typed or chosen, and removes it (P8)', async () => {
	const { onsearch, buttons } = renderFacets('"ox" crane', BIRD, {
		label: 'ox',
		kind: 'class',
		wnid: 'n02403003',
		count: 3,
		usage: 0,
		technical: false,
	});
	expect(buttons.map((button) => button.getAttribute('aria-pressed'))).toEqual(['true', 'true']);
	for (const button of buttons) await fireEvent.click(button);
	expect(onsearch.mock.calls).toEqual([['"ox"'], ['crane']]);
});

it('searches by the id of the tag, so that its count is what it finds (P7)', async () => {
	const { onsearch, buttons } = renderFacets('bird', BIRD);
	await fireEvent.click(buttons[0] as HTMLElement);
	expect(onsearch).toHaveBeenCalledWith('bird tag:n02012849');
});

it('shows technical terms only after "More"', async () => {
	const placental: Facet = { ...BIRD, label: 'placental', wnid: 'n01886756', technical: true };
	renderFacets('', placental, BIRD);
	const more = screen.getByRole('button', { name: 'More (1)' });
	const chip = screen.getByText('placental').closest('li');
	expect(chip?.className).toContain('beyond');
	await fireEvent.click(more);
	expect(chip?.className).not.toContain('beyond');
});
