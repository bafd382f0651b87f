import { flushSync } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

/** What of a frame goes into new cards; the browser has yet to lay them out and paint them. */
const BUDGET_MS = 6;

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
		this.#frame = 0;
		const missing = this.#wanted.filter((index) => !this.#drawn.has(index));
		const until = performance.now() + BUDGET_MS;
		let left = missing.length;
		for (const index of missing) {
			this.#drawn.add(index);
			flushSync();
			left -= 1;
			if (performance.now() > until) break;
		}
		if (left > 0) this.#frame ||= requestAnimationFrame(this.#draw);
	};
}
