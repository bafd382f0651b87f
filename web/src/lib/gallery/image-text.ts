import type { Image } from '../api/types';
import { formatTag, percent } from '../format';
import { problemText } from '../problem-text';

/** Text of an image without tags by status. */
export const UNTAGGED = {
	queued: 'Queued',
	running: 'Processing…',
	cancelled: 'Cancelled',
	failed: 'Failed',
	done: 'No tags',
} as const;

const SURE = 0.5;
const CATEGORY_SURE = 0.6;
const ALT_TAGS = 3;

/** `tag` is the class or category that the text states. */
export type Headline = { text: string; tag: string; score: number };

/**
 * Return the most specific statement about an image that its scores support: the best class from
 * 50 %, else the narrowest category from 60 %, else the best class as a question. Null without tags.
 */
export function headline({ predictions, categories }: Image): Headline | null {
	const best = predictions[0];
	if (!best) return null;
	const label = formatTag(best.label);
	if (best.score >= SURE) return { text: label, tag: best.label, score: best.score };
	// Categories are ordered by score, and a broader category never has a lower score.
	const category = categories.findLast(({ score }) => score >= CATEGORY_SURE);
	if (!category) return { text: `Not sure: ${label}?`, tag: best.label, score: best.score };
	const text = `${formatTag(category.label)} · maybe ${label}`;
	return { text, tag: category.label, score: category.score };
}

/** Return the accessible name of a card, such as "jersey, 56 %: name.jpg". */
export function cardName(image: Image): string {
	const shown = headline(image);
	const state = shown ? `${shown.text}, ${percent(shown.score)}` : UNTAGGED[image.status];
	return `${state}: ${image.name}`;
}

/** Return the alternative text of an image: its best tags, or its file name without tags. */
export const altText = ({ name, predictions }: Image): string =>
	predictions
		.slice(0, ALT_TAGS)
		.map(({ label }) => formatTag(label))
		.join(', ') || name;

/** Return why an image has no tags. */
export const untaggedText = ({ status, failure }: Image): string =>
	failure ? problemText(failure) : UNTAGGED[status];
