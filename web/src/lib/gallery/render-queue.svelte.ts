import { flushSync } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';

/** Time per frame for creating cards; the rest is for layout and paint. */
const FRAME_BUDGET_MS = 6;

/** Queue that renders a few cards per frame, so that fast scrolling causes no long frames. */
export class RenderQueue {
	#rendered = new SvelteSet<number>();
	#queue: number[] = [];
	#frame = 0;

	isRendered(index: number): boolean {
		return this.#rendered.has(index);
	}

	/** Set the indexes to render, by priority. Other indexes are no longer rendered. */
	setWanted(indexes: number[]): void {
		this.#queue = indexes;
		const kept = new Set(indexes);
		for (const index of [...this.#rendered]) if (!kept.has(index)) this.#rendered.delete(index);
		if (!this.#frame) this.#frame = requestAnimationFrame(this.#renderFrame);
	}

	/** Render one index immediately. */
	renderNow(index: number): void {
		this.#rendered.add(index);
	}

	#renderFrame = (): void => {
		this.#frame = 0;
		const missing = this.#queue.filter((index) => !this.#rendered.has(index));
		const deadline = performance.now() + FRAME_BUDGET_MS;
		let remaining = missing.length;
		for (const index of missing) {
			this.#rendered.add(index);
			flushSync();
			remaining -= 1;
			if (performance.now() > deadline) break;
		}
		if (remaining > 0 && !this.#frame) this.#frame = requestAnimationFrame(this.#renderFrame);
	};
}
