import { SvelteSet } from 'svelte/reactivity';
import type { BulkTarget, ExportScope, ImageQuery } from '../api/images';

/** Images selected for a bulk action: some by id, or everything in the list. */
export class Selection {
	#ids = new SvelteSet<string>();
	#everything = $state(false);
	#anchor: number | null = null;

	get everything(): boolean {
		return this.#everything;
	}
	get ids(): string[] {
		return [...this.#ids];
	}
	get empty(): boolean {
		return !this.#everything && this.#ids.size === 0;
	}

	has(id: string): boolean {
		return this.#everything || this.#ids.has(id);
	}

	size(total: number): number {
		return this.#everything ? total : this.#ids.size;
	}

	/** Return what a bulk action on the selection applies to in the list of a query. */
	targetIn(query: ImageQuery): BulkTarget {
		if (!this.#everything) return { ids: this.ids };
		if (!query.q && !query.min_score) return { all: true };
		return { q: query.q ?? '', ...(query.min_score ? { min_score: query.min_score } : {}) };
	}

	/** Return what an export of the selection in the list of a query contains. */
	exportOf({ q, min_score }: ImageQuery): ExportScope {
		if (!this.#everything) return { ids: this.ids };
		return { ...(q ? { q } : {}), ...(min_score ? { min_score } : {}) };
	}

	/** Select or deselect one image. Does nothing when everything is selected. */
	toggle(id: string, index: number): void {
		if (this.#everything) return;
		if (!this.#ids.delete(id)) this.#ids.add(id);
		this.#anchor = index;
	}

	/** Select the range from the last toggled image to this one. `loadRange` returns its images. */
	async extend(index: number, loadRange: (from: number, to: number) => Promise<{ id: string }[]>) {
		if (this.#everything) return;
		const from = this.#anchor ?? index;
		this.#anchor = index;
		const found = await loadRange(Math.min(from, index), Math.max(from, index));
		for (const { id } of found) this.#ids.add(id);
	}

	selectAll(): void {
		this.clear();
		this.#everything = true;
	}

	clear(): void {
		this.#ids.clear();
		this.#everything = false;
		this.#anchor = null;
	}
}
