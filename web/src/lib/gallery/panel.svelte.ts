import { MediaQuery } from 'svelte/reactivity';
import type { Image } from '../api/types';

const WIDTH = 340;

/** The details beside the picture in the viewer: on wide windows open from the start. */
export class Panel {
	image = $state.raw<Image | null>(null);
	#wide = new MediaQuery('(min-width: 56rem)', true);
	#open = $state(matchMedia('(min-width: 56rem)').matches);

	get open(): boolean {
		return this.#open;
	}

	/** What it takes from the picture's width; on narrow windows it lies over the picture. */
	get width(): number {
		return this.#open && this.#wide.current ? WIDTH : 0;
	}

	toggle(): void {
		this.#open = !this.#open;
	}
}
