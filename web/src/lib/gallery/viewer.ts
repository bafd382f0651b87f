import type PhotoSwipe from 'photoswipe';
import type { SlideData } from 'photoswipe';
import { originalUrl, thumbnailUrl } from '../api/images';
import type { Image } from '../api/types';
import { altText } from './image-text';
import { letterShortcuts } from '../ui/keyboard.svelte';

/** Images that the viewer can move through: a list, or a single image. */
export type ImageSource = {
	readonly count: number;
	at: (index: number) => Image | undefined;
	load: (index: number) => Promise<Image | undefined>;
	/** Leave out an image that was deleted or restored. */
	remove: (id: string) => void;
};

/** Return a source of these images. */
export function fixedSource(images: readonly Image[]): ImageSource {
	let rest = images;
	return {
		get count() {
			return rest.length;
		},
		at: (index) => rest[index],
		load: (index) => Promise.resolve(rest[index]),
		remove: (id) => (rest = rest.filter((image) => image.id !== id)),
	};
}

type Options = {
	source: ImageSource;
	index: number;
	onshow: (image: Image, index: number) => void;
	/** Called when the current image must be loaded first. */
	onwait: () => void;
	onclose: () => void;
	/** Size available to the image in pixels. */
	imageArea: () => { x: number; y: number };
};

/** Types that most browsers cannot display; the viewer shows their thumbnail. */
const UNSUPPORTED_TYPES = /^image\/(heic|heif|tiff)/;

/** Create the viewer. Its script and styles are loaded on first use. */
export async function openViewer(options: Options): Promise<PhotoSwipe> {
	const { source, index, imageArea } = options;
	const [{ default: Viewer }] = await Promise.all([
		import('photoswipe'),
		import('photoswipe/style.css'),
	]);
	const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches;
	const viewer = new Viewer({
		index,
		dataSource: [],
		loop: false,
		// The grid focuses the card of the last image shown.
		returnFocus: false,
		bgOpacity: 1,
		showHideAnimationType: reducedMotion ? 'none' : 'fade',
		zoomAnimationDuration: reducedMotion ? 0 : 200,
		paddingFn: () => ({ top: 56, bottom: 16, left: 16, right: 16 }),
		getViewportSizeFn: imageArea,
		errorMsg: "This image can't be displayed.",
	});
	viewer.addFilter('numItems', () => source.count);
	viewer.addFilter('itemData', (_, at) => slideOf(source.at(at)));
	viewer.on('change', () => void show(viewer, options));
	viewer.on('initialLayout', () => viewer.element?.setAttribute('aria-label', 'Image'));
	viewer.on('destroy', options.onclose);
	// PhotoSwipe zooms on z even when letter shortcuts are off.
	viewer.on('keydown', (event) => {
		const disabled = event.originalEvent.key === 'z' && !letterShortcuts.enabled;
		// A dialog or popover above the viewer handles its keys alone.
		if (disabled || document.querySelector('dialog[open], :popover-open')) event.preventDefault();
	});
	return viewer;
}

/** Report the image on the current slide, which may differ from the list by now; load it if missing. */
export async function show(
	viewer: Pick<PhotoSwipe, 'currIndex' | 'currSlide' | 'refreshSlideContent'>,
	{ source, onshow, onwait }: Pick<Options, 'source' | 'onshow' | 'onwait'>,
): Promise<void> {
	const index = viewer.currIndex;
	const displayed = viewer.currSlide?.data.image as Image | undefined;
	if (displayed) {
		onshow(displayed, index);
		return;
	}
	onwait();
	const image = await source.load(index);
	// Refreshing the slide triggers another change event, which calls this function again.
	if (image && viewer.currIndex === index) viewer.refreshSlideContent(index);
}

/** Slides on either side of the current one that the viewer may have rendered. */
const RENDERED_SLIDES = 10;

/** Render the slides again after the current image has left the source; show the next image. */
export function skipRemoved(viewer: PhotoSwipe, { count }: ImageSource): void {
	if (count === 0) return viewer.close();
	const index = Math.min(viewer.currIndex, count - 1);
	for (let at = index - RENDERED_SLIDES; at <= index + RENDERED_SLIDES; at += 1) {
		if (Math.abs(at - viewer.currIndex) > 1) viewer.contentLoader.removeByIndex(at);
		else viewer.refreshSlideContent(at);
	}
	viewer.goTo(index);
}

/** Return the slide of an image, or a loading text without one. */
export function slideOf(image: Image | undefined): SlideData {
	if (!image) return { html: '<p class="pswp-message">Loading…</p>' };
	if (image.status === 'failed') {
		return { html: '<p class="pswp-message">No preview available.</p>', image };
	}
	const thumbnail = thumbnailUrl(image.id);
	return {
		image,
		src: UNSUPPORTED_TYPES.test(image.media_type) ? thumbnail : originalUrl(image.id),
		width: image.width,
		height: image.height,
		alt: altText(image),
		...(image.status === 'done' ? { msrc: thumbnail } : {}),
	};
}
