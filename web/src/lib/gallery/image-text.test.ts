import { expect, it } from 'vitest';
import { makeImage, makePredictions } from '../testing/factories';
import { altText, cardName, headline } from './image-text';

const bird = (score: number, ...categories: [label: string, score: number][]) =>
	makeImage({
		name: 'bird.jpg',
		predictions: makePredictions(['ruffed_grouse', score], ['quail', 0.1]),
		categories: categories.map(([label, score]) => ({ label, score, technical: false })),
	});

it.each([
	['ruffed grouse', bird(0.5, ['animal', 0.99], ['bird', 0.98])],
	['bird · maybe ruffed grouse', bird(0.49, ['animal', 0.99], ['bird', 0.6], ['grouse', 0.59])],
	['Not sure: ruffed grouse?', bird(0.3, ['animal', 0.59])],
	['Not sure: ruffed grouse?', bird(0.3)],
])('has the headline "%s"', (text, image) => {
	expect(headline(image)?.text).toBe(text);
});

it('names a card by its headline, score and file name (P14)', () => {
	expect(cardName(bird(0.56))).toBe('ruffed grouse, 56\u00a0%: bird.jpg');
	expect(cardName(makeImage({ status: 'failed', predictions: [] }))).toBe('Failed: cat.jpg');
});

it('describes an image by its tags, or by its name without tags (P14)', () => {
	expect(altText(bird(0.5))).toBe('ruffed grouse, quail');
	expect(altText(makeImage({ predictions: [] }))).toBe('cat.jpg');
});
