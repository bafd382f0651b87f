import { render, screen, within } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import vocabularyJson from '../../../../core/vocabulary/imagenet.json';
import type { Facets as FacetCounts, Image } from '../api/types';
import { formatTag } from '../format';
import { makeImage, makePredictions } from '../testing/factories';
import Facets from './Facets.svelte';

type Facet = FacetCounts['items'][number];
type Entry = { wnid: string; name: string; synonyms: string[]; usage: number };
type ImageClass = Entry & { index: number; categories: number[] };
type Category = Entry & { id: number; classes: number[]; technical: boolean };

const vocabulary: { classes: ImageClass[]; categories: Category[] } = vocabularyJson;
const categoryById = new Map(vocabulary.categories.map((each) => [each.id, each]));

const QUERIES = [
	...['animal', 'bear', 'beetle', 'bird', 'boat', 'building', 'car', 'cat', 'clothing', 'dog'],
	...[
		'fish',
		'food',
		'fruit',
		'furniture',
		'insect',
		'monkey',
		'snake',
		'tool',
		'truck',
		'vehicle',
	],
];

/** Named here, not read from the vocabulary, so that a term that lost its mark is found. */
const TAXONOMIC = [
	...['arthropod', 'canine', 'carnivore', 'chordate', 'conveyance', 'feline', 'instrumentality'],
	...['invertebrate', 'oscine', 'placental', 'primate', 'self-propelled vehicle', 'teleost fish'],
	...['ungulate', 'vertebrate', 'watercraft', 'wheeled vehicle'],
];
const SHOWN = 8;
/** As many as the search view requests. */
const REQUESTED = 100;

/** Return the categories of a class from the broadest. */
const categoriesOf = ({ categories }: ImageClass): Category[] =>
	categories
		.flatMap((id) => categoryById.get(id) ?? [])
		.sort((a, b) => b.classes.length - a.classes.length);

/** Return an image of the class, as sure as its categories. */
const imageOf = (each: ImageClass): Image =>
	makeImage({
		id: each.wnid,
		predictions: makePredictions([each.name, 0.9]),
		categories: categoriesOf(each).map(({ name, technical }) => ({
			label: formatTag(name),
			score: 0.9,
			technical,
		})),
	});

function facetsOf(results: ImageClass[]): Facet[] {
	const byWnid = new Map<string, Facet>();
	const count = (kind: Facet['kind'], entry: Entry, technical: boolean) => {
		const { wnid, name, usage } = entry;
		const counted = byWnid.get(wnid)?.count ?? 0;
		const label = formatTag(name);
		byWnid.set(wnid, { label, kind, wnid, usage, technical, count: counted + 1 });
	};
	for (const each of results) {
		count('class', each, false);
		for (const category of categoriesOf(each)) count('category', category, category.technical);
	}
	return [...byWnid.values()].sort((a, b) => b.count - a.count).slice(0, REQUESTED);
}

/** Search a gallery with one image of each class; return the result and the first chips. */
function search(q: string) {
	const covered = new Set(
		vocabulary.categories
			.filter(({ name }) => formatTag(name) === q)
			.flatMap((each) => each.classes),
	);
	const results = vocabulary.classes.filter(({ index }) => covered.has(index));
	const items = facetsOf(results);
	const props = { total: results.length, sample: results.map(imageOf), q, onsearch: () => {} };
	render(Facets, { facets: { items, is_exact: true }, ...props });
	const chips = within(screen.getByRole('list', { name: 'Most frequent tags' }))
		.getAllByRole('listitem')
		.filter((item) => !item.classList.contains('beyond'))
		.slice(0, SHOWN)
		.map((item) => within(item).getByRole('button'))
		.map((button) => {
			const [, label = '', count] = /^(.*?)\s*(\d+)$/s.exec(button.textContent.trim()) ?? [];
			return {
				label,
				count: Number(count),
				chosen: button.getAttribute('aria-pressed') === 'true',
			};
		});
	return { total: results.length, chips };
}

it.each(QUERIES)('everyday words divide the results of "%s"', (q) => {
	const { total, chips } = search(q);
	const offered = chips.filter(({ chosen }) => !chosen);

	expect(offered.length).toBeGreaterThanOrEqual(3);
	for (const { label, count } of offered) {
		expect(TAXONOMIC).not.toContain(label);
		expect(count / total, label).toBeGreaterThanOrEqual(0.02);
		expect(count / total, label).toBeLessThanOrEqual(0.9);
	}
});
