import { SvelteSet } from 'svelte/reactivity';

/** As many cards as a frame has time for. */
const A_FRAME = 3;

/** Draws cards a few in each frame, so that no frame takes long, however fast somebody scrolls. */
export class Drawing {
	#drawn = new SvelteSet<number>();
	#wanted: number[] = [];
	#frame = 0;

	has(index: number): boolean {
		return this.#drawn.has(index);
	}

	/** Says what there is to be drawn, the most urgent first; all else is dropped. */
	want(indexes: number[]): void {
		this.#wanted = indexes;
		const wanted = new Set(indexes);
		for (const index of [...this.#drawn]) if (!wanted.has(index)) this.#drawn.delete(index);
		this.#frame ||= requestAnimationFrame(this.#draw);
	}

	/** Draws one at once, out of its turn. */
	now(index: number): void {
		this.#drawn.add(index);
	}

	#draw = (): void => {
		const missing = this.#wanted.filter((index) => !this.#drawn.has(index));
		for (const index of missing.slice(0, A_FRAME)) this.#drawn.add(index);
		this.#frame = missing.length > A_FRAME ? requestAnimationFrame(this.#draw) : 0;
	};
}
