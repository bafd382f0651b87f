import { SvelteMap } from 'svelte/reactivity';
import { formatTag } from '../format';
import type { TagName } from './query-terms';

/** Names of the tags that the page has seen, by WordNet id; a query names tags by id only. */
const labels = new SvelteMap<string, string>();

export function rememberTags(tags: readonly TagName[]): void {
	for (const { wnid, label } of tags) {
		if (!labels.has(wnid)) labels.set(wnid, formatTag(label));
	}
}

/** Return the name of a tag; its id until the name is known. */
export const tagLabel = (wnid: string): string => labels.get(wnid) ?? wnid;
