import { SvelteMap } from 'svelte/reactivity';
import { isAbort, ProblemError, errorMessage } from '../api/client';
import { listImages, type ImageQuery } from '../api/images';
import type { Facets, Image, ImagePage } from '../api/types';

export const PAGE_SIZE = 60;

/**
 * Paged list of the images of a query. It loads the visible pages and evicts distant ones. Pages are
 * requested by offset, not by cursor, so that the scrollbar can jump to any position.
 */
export class ImageList {
	#query: ImageQuery = {};
	#pages = new SvelteMap<number, Image[]>();
	#total = $state.raw<number | null>(null);
	#exact = $state(true);
	#facets = $state.raw<Facets | null>(null);
	#ranked = $state<number | null>(null);
	#error = $state.raw<string | null>(null);
	#invalidQuery = $state(false);
	#busy = $state(false);
	#stale = $state(false);
	/** Bounds of an estimated total, narrowed by each loaded page. */
	#minTotal = 0;
	#maxTotal = Infinity;
	/** Pages requested since the last refresh. */
	#requested = new Set<number>();
	#visible = { from: 0, to: 0 };
	#abort = new AbortController();

	get total(): number | null {
		return this.#total;
	}
	/** Whether the total is exact, not estimated. */
	get exact(): boolean {
		return this.#exact;
	}
	/** Whether the service rejected the query, so that a retry cannot succeed. */
	get invalidQuery(): boolean {
		return this.#invalidQuery;
	}
	/** Number of newest images ordered by match; null when all are. */
	get ranked(): number | null {
		return this.#ranked;
	}

	/** Most frequent tags, if the query requests them. */
	get facets(): Facets | null {
		return this.#facets;
	}
	get error(): string | null {
		return this.#error;
	}
	/** Whether a refresh is in progress. */
	get busy(): boolean {
		return this.#busy;
	}
	/** Whether the images are of the previous query. */
	get stale(): boolean {
		return this.#stale;
	}

	at = (index: number): Image | undefined => this.#pages.get(pageOf(index))?.[index % PAGE_SIZE];

	/** Return the image at an index; load its page if necessary. */
	load = async (index: number): Promise<Image | undefined> => {
		if (!this.at(index)) {
			const error = await this.#loadPage(pageOf(index), this.#abort.signal);
			if (error !== null) this.#fail(error);
		}
		return this.at(index);
	};

	/** Return the index of a loaded image, or null. */
	indexOf(id: string): number | null {
		for (const [page, images] of this.#pages) {
			const at = images.findIndex((image) => image.id === id);
			if (at >= 0) return page * PAGE_SIZE + at;
		}
		return null;
	}

	/** Load the ids of all images of the query. */
	async loadAllIds(): Promise<string[]> {
		const ids: string[] = [];
		let cursor: string | null | undefined;
		while (cursor !== null) {
			const { items, next } = await listImages(this.#query, { cursor, limit: MAX_PAGE_SIZE });
			ids.push(...items.map(({ id }) => id));
			cursor = next;
		}
		return ids;
	}

	/**
	 * Return all images of an index range, loading pages that are missing without keeping them.
	 * Returns none if the list is refreshed meanwhile.
	 */
	async loadRange(from: number, to: number): Promise<Image[]> {
		const { signal } = this.#abort;
		const found: Image[] = [];
		for (let page = pageOf(from); page <= pageOf(to); page += 1) {
			const images = this.#pages.get(page) ?? (await this.#fetchPage(page, signal)).items;
			if (signal.aborted) return [];
			const start = page * PAGE_SIZE;
			found.push(...images.slice(Math.max(0, from - start), to + 1 - start));
		}
		return found;
	}

	/** Return the loaded images of an index range. */
	loadedBetween(from: number, to: number): Image[] {
		const found: Image[] = [];
		for (let index = from; index <= to; index += 1) {
			const image = this.at(index);
			if (image) found.push(image);
		}
		return found;
	}

	/** Return all images that are loaded. */
	get loaded(): Image[] {
		return [...this.#pages.values()].flat();
	}

	/** Set the query. The previous images stay until the new ones are loaded. */
	setQuery(query: ImageQuery): void {
		this.#stale ||= JSON.stringify(query) !== JSON.stringify(this.#query);
		this.#query = query;
		void this.refresh();
	}

	/** Reload the visible pages. */
	async refresh(): Promise<void> {
		this.#abort.abort();
		this.#abort = new AbortController();
		this.#requested.clear();
		this.#minTotal = 0;
		this.#maxTotal = Infinity;
		this.#busy = true;
		await this.#loadMissing();
	}

	/** Set the visible index range and load its missing pages. */
	setVisibleRange(from: number, to: number): void {
		this.#visible = { from, to };
		void this.#loadMissing();
	}

	async #loadMissing(): Promise<void> {
		const { signal } = this.#abort;
		const missing: number[] = [];
		for (let page = pageOf(this.#visible.from); page <= pageOf(this.#visible.to); page += 1) {
			if (!this.#requested.has(page)) missing.push(page);
		}
		if (missing.length === 0) return;
		const errors = await Promise.all(missing.map((page) => this.#loadPage(page, signal)));
		if (signal.aborted) return;
		this.#busy = false;
		const error = errors.find((error) => error !== null);
		if (error !== undefined) return this.#fail(error);
		this.#stale = false;
		this.#error = null;
		this.#invalidQuery = false;
		this.#evictDistantPages();
	}

	#fetchPage(page: number, signal: AbortSignal, facets?: number): Promise<ImagePage> {
		const window = { skip: page * PAGE_SIZE, limit: PAGE_SIZE };
		return listImages({ ...this.#query, facets }, window, signal);
	}

	/** Load a page. Returns the error, or null. */
	async #loadPage(page: number, signal: AbortSignal): Promise<unknown> {
		this.#requested.add(page);
		try {
			// Only the first page of a refresh counts the tags.
			const facets = this.#requested.size === 1 ? this.#query.facets : undefined;
			const found = await this.#fetchPage(page, signal, facets);
			if (signal.aborted) return null;
			if (facets) this.#facets = found.facets ?? null;
			this.#pages.set(page, found.items);
			this.#ranked = found.ranked ?? null;
			this.#updateTotal(page, found);
		} catch (error) {
			if (isAbort(error) || signal.aborted) return null;
			this.#requested.delete(page);
			return error;
		}
		return null;
	}

	/** Narrow the total: a page with a next page, the last page, and a page past the end each bound it. */
	#updateTotal(page: number, { items, next, total, total_is_exact }: ImagePage): void {
		const end = page * PAGE_SIZE + items.length;
		if (total_is_exact) this.#minTotal = this.#maxTotal = total;
		else if (next !== null) this.#minTotal = Math.max(this.#minTotal, end + 1);
		else if (items.length > 0 || page === 0) this.#minTotal = this.#maxTotal = end;
		else this.#maxTotal = Math.min(this.#maxTotal, page * PAGE_SIZE);
		this.#exact = this.#minTotal === this.#maxTotal;
		this.#total = Math.min(this.#maxTotal, Math.max(this.#minTotal, total));
	}

	#fail(error: unknown): void {
		this.#error = errorMessage(error);
		this.#invalidQuery = error instanceof ProblemError && error.status === 400;
		// Images of the previous query must not be shown as results of this one.
		if (!this.#invalidQuery && !this.#stale) return;
		this.#total = null;
		this.#facets = null;
		this.#pages.clear();
		this.#requested.clear();
	}

	/** Evict pages far from the visible range, and pages of an earlier refresh. */
	#evictDistantPages(): void {
		const first = pageOf(this.#visible.from);
		const last = pageOf(this.#visible.to);
		for (const page of [...this.#pages.keys()]) {
			const far = page < first - KEPT_PAGES || page > last + KEPT_PAGES;
			if (!far && this.#requested.has(page)) continue;
			this.#pages.delete(page);
			this.#requested.delete(page);
		}
	}
}

/** Pages kept on either side of the visible range. */
const KEPT_PAGES = 20;
const MAX_PAGE_SIZE = 500;

const pageOf = (index: number): number => Math.floor(Math.max(0, index) / PAGE_SIZE);
