import type PhotoSwipe from 'photoswipe';
import { expect, it, vi } from 'vitest';
import type { Image } from '../api/types';
import { imageOf } from '../testing/factories';
import { show, slideOf, type Album } from './viewer';

type Viewer = Parameters<typeof show>[0];

/** As much of the viewer as tells of changes: it draws a slide once, from the album as it is then. */
function opened(album: Album) {
	const calls = { onshow: vi.fn(), onwait: vi.fn() };
	const drawn = new Map<number, PhotoSwipe['currSlide']>();
	const draw = (index: number) =>
		drawn.set(index, { data: slideOf(album.at(index)) } as PhotoSwipe['currSlide']);
	const viewer: Viewer & { currIndex: number } = {
		currIndex: 0,
		get currSlide() {
			return drawn.get(this.currIndex);
		},
		refreshSlideContent(index) {
			draw(index);
			void show(viewer, { album, ...calls });
		},
	};
	async function go(index: number) {
		if (!drawn.has(index)) draw(index);
		viewer.currIndex = index;
		await show(viewer, { album, ...calls });
	}
	return { ...calls, draw, go, viewer };
}

function albumOf(images: (Image | undefined)[]): Album {
	return {
		count: images.length,
		at: (index) => images[index],
		load: async (index) => (images[index] ??= imageOf({ id: `loaded ${index}` })),
	};
}

it('tells of the picture that is drawn, whatever the list has in its place since', async () => {
	const images = [imageOf({ id: 'a' }), imageOf({ id: 'b' })];
	const { draw, go, onshow } = opened(albumOf(images));
	draw(1);
	images.unshift(imageOf({ id: 'new' }));
	await go(1);
	expect(onshow).toHaveBeenLastCalledWith(expect.objectContaining({ id: 'b' }), 1);
});

it('shows none while one is loaded, then draws it', async () => {
	const { go, onshow, onwait, viewer } = opened(albumOf([undefined]));
	await go(0);
	expect(onwait).toHaveBeenCalledOnce();
	expect(onshow).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'loaded 0' }), 0);
	expect(viewer.currSlide?.data.src).toContain('loaded%200');
});

it('draws a neighbour that was loaded after it had been drawn empty', async () => {
	const images: (Image | undefined)[] = [imageOf({ id: 'a' }), undefined];
	const { draw, go, onshow, viewer } = opened(albumOf(images));
	draw(1);
	images[1] = imageOf({ id: 'b' });
	await go(1);
	expect(viewer.currSlide?.data.image).toBe(images[1]);
	expect(onshow).toHaveBeenLastCalledWith(images[1], 1);
});
