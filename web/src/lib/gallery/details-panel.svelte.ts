import { MediaQuery } from 'svelte/reactivity';
import type { Image } from '../api/types';

const WIDTH = 340;
/** Of the window's height, on narrow windows. */
const HEIGHT = 0.55;

/** The details beside the picture in the viewer: on wide windows open from the start. */
export class Panel {
	image = $state.raw<Image | null>(null);
	#wide = new MediaQuery('(min-width: 56rem)', true);
	#open = $state(matchMedia('(min-width: 56rem)').matches);

	get open(): boolean {
		return this.#open;
	}

	/** The room that it leaves to the picture: beside it, or above it on narrow windows. */
	get room(): { x: number; y: number } {
		if (!this.#open) return { x: innerWidth, y: innerHeight };
		if (this.#wide.current) return { x: innerWidth - WIDTH, y: innerHeight };
		return { x: innerWidth, y: innerHeight * (1 - HEIGHT) };
	}

	toggle(): void {
		this.#open = !this.#open;
	}
}
