import { expect, it } from 'vitest';
import type { Facets } from '../api/types';
import { makeImage, makePredictions } from '../testing/factories';
import { usefulFacets } from './useful-facets';

type Facet = Facets['items'][number];

const facet = (label: string, count: number): Facet => ({
	label,
	count,
	kind: 'category',
	wnid: `n-${label}`,
	usage: 0,
	technical: false,
});

const categories = (...labels: string[]) =>
	labels.map((label, at) => ({ label, score: 0.9 - at / 10, technical: false }));

const labels = (facets: Facet[]) => facets.map(({ label }) => label);

it('hides tags that nearly all or nearly no results have (P9)', () => {
	const facets = [facet('animal', 95), facet('dog', 40), facet('crane', 1)];
	expect(labels(usefulFacets(facets, { total: 100, sample: [], q: '' }))).toEqual(['dog']);
});

it('keeps the most specific of tags that occur together (P9)', () => {
	const facets = [facet('animal', 42), facet('mammal', 40), facet('dog', 40), facet('car', 40)];
	const sample = [
		makeImage({ categories: categories('animal', 'mammal', 'dog'), predictions: [] }),
		makeImage({ categories: categories('animal', 'mammal', 'dog'), predictions: [] }),
		makeImage({ categories: categories('car'), predictions: makePredictions(['sports_car', 0.9]) }),
	];
	expect(labels(usefulFacets(facets, { total: 100, sample, q: '' }))).toEqual(['dog', 'car']);
});

it('keeps the tags of the query, whatever they cover (P8, P9)', () => {
	const facets = [facet('dog', 100), facet('hound', 50)];
	expect(labels(usefulFacets(facets, { total: 100, sample: [], q: 'dog' }))).toEqual([
		'dog',
		'hound',
	]);
});
