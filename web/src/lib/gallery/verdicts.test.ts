import { expect, it } from 'vitest';
import { makeImage, makePredictions } from '../testing/factories';
import { customTag, otherTags, verdictsOf } from './verdicts';

const tag = (
	key: string,
	verdict: 'confirmed' | 'rejected' | null,
	source: 'person' | 'model',
) => ({
	tag: key,
	label: key,
	kind: 'class' as const,
	score: 1,
	source,
	verdict,
});

const image = makeImage({
	predictions: makePredictions(['tabby', 0.8], ['lynx', 0.1]),
	tags: [
		tag('n00000000', 'confirmed', 'person'),
		tag('custom:mine', 'confirmed', 'person'),
		tag('n02084071', null, 'model'),
		tag('n00000001', 'rejected', 'model'),
	],
});

it('returns the verdict on each decided tag', () => {
	expect([...verdictsOf(image)]).toEqual([
		['n00000000', 'confirmed'],
		['custom:mine', 'confirmed'],
		['n00000001', 'rejected'],
	]);
});

it('lists decided tags beside the predictions, without plain categories', () => {
	expect(otherTags(image)).toEqual([
		{ tag: 'custom:mine', label: 'custom:mine', verdict: 'confirmed' },
	]);
});

it.each([
	['My Cat', 'custom:my-cat'],
	['  Café & Bar! ', 'custom:cafe-bar'],
	['…', null],
])('makes the key of %j', (name, key) => {
	expect(customTag(name)).toBe(key);
});
