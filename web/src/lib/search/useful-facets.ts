import type { Facets, Image } from '../api/types';
import { formatTag } from '../format';
import { hasTag } from './query-terms';

type Facet = Facets['items'][number];

/** Shares of the results outside which a tag does not narrow a search. */
const MIN_SHARE = 0.02;
const MAX_SHARE = 0.9;
/** Tags whose counts and images agree to this share count as the same set. */
const SAME = 0.9;
const MOST = 40;

type Results = {
	total: number;
	/** Loaded results, which show which tags occur together. */
	sample: readonly Image[];
	q: string;
};

/**
 * Return the facets that narrow the results, the most useful first: common words that divide the
 * results evenly. Of tags that nearly the same images have, such as animal, mammal and dog, only the
 * most specific common word remains. Technical terms come last. Tags in the query come first.
 */
export function usefulFacets(facets: readonly Facet[], { total, sample, q }: Results): Facet[] {
	const tagLists = sample.map(tagsOf);
	const active = facets.filter((facet) => hasTag(q, facet));
	const narrowing = facets.filter(
		({ count }) => count >= total * MIN_SHARE && count <= total * MAX_SHARE,
	);
	const kept = narrowing.filter(
		(facet) =>
			!active.includes(facet) && !narrowing.some((other) => replaces(other, facet, tagLists)),
	);
	const rank = new Map(kept.map((facet) => [facet, usefulness(facet, total)]));
	kept.sort((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0));
	return [...active, ...kept].slice(0, MOST);
}

/** Return how evenly a tag divides the results (entropy), weighted by how common the word is. */
function usefulness({ count, usage, technical }: Facet, total: number): number {
	const share = Math.min(1, count / Math.max(1, total));
	const entropy = share === 0 || share === 1 ? 0 : -plogp(share) - plogp(1 - share);
	// Negative, so that technical terms follow all others in the same order.
	return technical ? entropy - 2 : entropy * (1 + Math.log2(1 + usage));
}

const plogp = (share: number): number => share * Math.log2(share);

/** Return the labels of an image from the broadest category to the classes. */
const tagsOf = ({ categories, predictions }: Image): string[] =>
	[...categories, ...predictions].map(({ label }) => formatTag(label));

/** Return whether `a` has nearly the same images as `b` and is the better name for them. */
function replaces(a: Facet, b: Facet, tagLists: string[][]): boolean {
	const [less, more] = a.count < b.count ? [a, b] : [b, a];
	if (a === b || less.count < more.count * SAME) return false;
	const either = tagLists.filter((tags) => tags.includes(a.label) || tags.includes(b.label));
	const both = either.filter((tags) => tags.includes(a.label) && tags.includes(b.label));
	const example = both[0];
	if (!example || both.length < either.length * SAME) return false;
	if (a.technical !== b.technical) return !a.technical;
	return a.count < b.count || (a.count === b.count && after(example, a, b));
}

const after = (tags: string[], a: Facet, b: Facet): boolean =>
	tags.indexOf(a.label) > tags.indexOf(b.label);
