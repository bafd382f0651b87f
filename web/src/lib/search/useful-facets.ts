import type { Facets, Image } from '../api/types';
import { formatTag } from '../format';
import { hasTag } from './query-terms';

type Facet = Facets['items'][number];

/** Shares of the results outside which a tag does not narrow a search. */
const MIN_SHARE = 0.02;
const MAX_SHARE = 0.9;
/** Tags whose counts and images agree to this share count as the same set. */
const SAME = 0.9;

type Results = {
	total: number;
	/** Loaded results, which show which tags occur together. */
	sample: readonly Image[];
	q: string;
};

/**
 * Return the facets that narrow the results. Of tags that nearly the same images have, such as
 * animal, mammal and dog, only the most specific remains. Tags in the query always remain.
 */
export function usefulFacets(facets: readonly Facet[], { total, sample, q }: Results): Facet[] {
	const tagLists = sample.map(tagsOf);
	const active = ({ label }: Facet) => hasTag(q, label);
	const narrowing = facets.filter(
		({ count }) => count >= total * MIN_SHARE && count <= total * MAX_SHARE,
	);
	const kept = narrowing.filter(
		(facet) => !narrowing.some((other) => isNarrower(other, facet, tagLists)),
	);
	return facets.filter((facet) => active(facet) || kept.includes(facet));
}

/** Return the labels of an image from the broadest category to the classes. */
const tagsOf = ({ categories, predictions }: Image): string[] =>
	[...categories, ...predictions].map(({ label }) => formatTag(label));

/** Return whether `a` has nearly the same images as `b` and is more specific. */
function isNarrower(a: Facet, b: Facet, tagLists: string[][]): boolean {
	if (a === b || a.count > b.count || a.count < b.count * SAME) return false;
	const either = tagLists.filter((tags) => tags.includes(a.label) || tags.includes(b.label));
	const both = either.filter((tags) => tags.includes(a.label) && tags.includes(b.label));
	const example = both[0];
	if (!example || both.length < either.length * SAME) return false;
	return a.count < b.count || example.indexOf(a.label) > example.indexOf(b.label);
}
