import type { Image, Verdict } from '../api/types';

/** A tag that can be confirmed or rejected. */
export type DecidableTag = { tag: string; label: string; verdict: Verdict | null };

/** Return the verdict on each tag of an image that has one, by tag key. */
export const verdictsOf = ({ tags }: Image): Map<string, Verdict> =>
	new Map(tags.flatMap(({ tag, verdict }) => (verdict ? [[tag, verdict] as const] : [])));

/** Return the tags beside the predictions that people decided on or that were learned. */
export function otherTags({ predictions, tags }: Image): DecidableTag[] {
	const predicted = new Set(predictions.map(({ wnid }) => wnid));
	return tags
		.filter(({ tag, source, verdict }) => {
			return !predicted.has(tag) && (verdict !== null || source === 'learned');
		})
		.map(({ tag, label, verdict }) => ({ tag, label, verdict }));
}

/** Return the key of the custom tag with this name; null if the name has no letter or digit. */
export function customTag(name: string): string | null {
	const slug = name
		.normalize('NFKD')
		.toLowerCase()
		.replaceAll(/[\u0300-\u036f]/g, '')
		.replaceAll(/[^a-z0-9]+/g, '-')
		.replaceAll(/^-+|-+$/g, '')
		.slice(0, 60)
		.replace(/-+$/, '');
	return slug ? `custom:${slug}` : null;
}
