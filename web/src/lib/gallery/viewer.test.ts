import type PhotoSwipe from 'photoswipe';
import { expect, it, vi } from 'vitest';
import type { Image } from '../api/types';
import { makeImage } from '../testing/factories';
import { show, slideOf, type ImageSource } from './viewer';

type Viewer = Parameters<typeof show>[0];

/** Viewer stub that renders each slide once, from the current state of the source. */
function openStub(source: ImageSource) {
	const calls = { onshow: vi.fn(), onwait: vi.fn() };
	const slides = new Map<number, PhotoSwipe['currSlide']>();
	const draw = (index: number) =>
		slides.set(index, { data: slideOf(source.at(index)) } as PhotoSwipe['currSlide']);
	const viewer: Viewer & { currIndex: number } = {
		currIndex: 0,
		get currSlide() {
			return slides.get(this.currIndex);
		},
		refreshSlideContent(index) {
			draw(index);
			void show(viewer, { source, ...calls });
		},
	};
	async function go(index: number) {
		if (!slides.has(index)) draw(index);
		viewer.currIndex = index;
		await show(viewer, { source, ...calls });
	}
	return { ...calls, draw, go, viewer };
}

function sourceOf(images: (Image | undefined)[]): ImageSource {
	return {
		count: images.length,
		at: (index) => images[index],
		remove: () => {},
		load: async (index) => (images[index] ??= makeImage({ id: `loaded ${index}` })),
	};
}

it('reports the displayed image after the list has shifted', async () => {
	const images = [makeImage({ id: 'a' }), makeImage({ id: 'b' })];
	const { draw, go, onshow } = openStub(sourceOf(images));
	draw(1);
	images.unshift(makeImage({ id: 'new' }));
	await go(1);
	expect(onshow).toHaveBeenLastCalledWith(expect.objectContaining({ id: 'b' }), 1);
});

it('waits for an image to load, then displays it', async () => {
	const { go, onshow, onwait, viewer } = openStub(sourceOf([undefined]));
	await go(0);
	expect(onwait).toHaveBeenCalledOnce();
	expect(onshow).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'loaded 0' }), 0);
	expect(viewer.currSlide?.data.src).toContain('loaded%200');
});

it('refreshes a slide that was rendered before its image was loaded', async () => {
	const images: (Image | undefined)[] = [makeImage({ id: 'a' }), undefined];
	const { draw, go, onshow, viewer } = openStub(sourceOf(images));
	draw(1);
	images[1] = makeImage({ id: 'b' });
	await go(1);
	expect(viewer.currSlide?.data.image).toBe(images[1]);
	expect(onshow).toHaveBeenLastCalledWith(images[1], 1);
});
