import { MediaQuery } from 'svelte/reactivity';
import type { Image } from '../api/types';

const WIDTH_PX = 340;
/** Fraction of the window height, on narrow windows. */
const HEIGHT_FRACTION = 0.55;

/** State of the details panel in the lightbox. On wide windows it starts open. */
export class DetailsPanel {
	image = $state.raw<Image | null>(null);
	#wide = new MediaQuery('(min-width: 56rem)', true);
	#open = $state(matchMedia('(min-width: 56rem)').matches);

	get open(): boolean {
		return this.#open;
	}

	/** Size left for the image in pixels: beside the panel, or above it on narrow windows. */
	get imageArea(): { x: number; y: number } {
		if (!this.#open) return { x: innerWidth, y: innerHeight };
		if (this.#wide.current) return { x: innerWidth - WIDTH_PX, y: innerHeight };
		return { x: innerWidth, y: innerHeight * (1 - HEIGHT_FRACTION) };
	}

	toggle(): void {
		this.#open = !this.#open;
	}
}
