import type PhotoSwipe from 'photoswipe';
import type { SlideData } from 'photoswipe';
import { originalAddress, thumbnailAddress } from '../api/images';
import type { Image } from '../api/types';
import { letters } from '../ui/keyboard.svelte';

/** What can be leafed through: a feed, or one picture alone. */
export type Album = {
	count: number;
	at: (index: number) => Image | undefined;
	load: (index: number) => Promise<Image | undefined>;
};

type Options = {
	album: Album;
	index: number;
	onshow: (image: Image, index: number) => void;
	/** The picture come to is still to be loaded. */
	onwait: () => void;
	onclose: () => void;
	/** What the panel leaves of the window. */
	room: () => { x: number; y: number };
};

/** Kinds that few browsers draw; their thumbnail stands in. */
const UNDRAWN = /^image\/(heic|heif|tiff)/;

/** The viewer and its style are fetched when the first picture is opened. */
export async function openViewer(options: Options): Promise<PhotoSwipe> {
	const { album, index, room } = options;
	const [{ default: Viewer }] = await Promise.all([
		import('photoswipe'),
		import('photoswipe/style.css'),
	]);
	const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
	const viewer = new Viewer({
		index,
		dataSource: [],
		loop: false,
		// The grid puts the focus on the picture that was last looked at.
		returnFocus: false,
		bgOpacity: 0.96,
		showHideAnimationType: still ? 'none' : 'fade',
		zoomAnimationDuration: still ? 0 : 200,
		paddingFn: () => ({ top: 56, bottom: 16, left: 16, right: 16 }),
		getViewportSizeFn: room,
		errorMsg: 'This picture cannot be shown.',
	});
	viewer.addFilter('numItems', () => album.count);
	viewer.addFilter('itemData', (_, at) => slideOf(album.at(at)));
	viewer.on('change', () => void show(viewer, options));
	viewer.on('initialLayout', () => viewer.element?.setAttribute('aria-label', 'Picture'));
	viewer.on('destroy', options.onclose);
	// The viewer zooms on z of its own accord.
	viewer.on('keydown', (event) => {
		if (event.originalEvent.key === 'z' && !letters.on) event.preventDefault();
	});
	return viewer;
}

/** Tells of the picture that is drawn: the list may have put another into its place since. */
export async function show(
	viewer: Pick<PhotoSwipe, 'currIndex' | 'currSlide' | 'refreshSlideContent'>,
	{ album, onshow, onwait }: Pick<Options, 'album' | 'onshow' | 'onwait'>,
): Promise<void> {
	const index = viewer.currIndex;
	const drawn = viewer.currSlide?.data.image as Image | undefined;
	if (drawn) {
		onshow(drawn, index);
		return;
	}
	onwait();
	const image = await album.load(index);
	// Drawing it anew is another change, and comes back here.
	if (image && viewer.currIndex === index) viewer.refreshSlideContent(index);
}

/** What the viewer draws, and the picture that it is. */
export function slideOf(image: Image | undefined): SlideData {
	if (!image) return { html: '<p class="pswp-words">Loading…</p>' };
	if (image.status === 'failed') {
		return { html: '<p class="pswp-words">No picture to show.</p>', image };
	}
	const thumbnail = thumbnailAddress(image.id);
	return {
		image,
		src: UNDRAWN.test(image.media_type) ? thumbnail : originalAddress(image.id),
		width: image.width,
		height: image.height,
		alt: image.name,
		...(image.status === 'done' ? { msrc: thumbnail } : {}),
	};
}
