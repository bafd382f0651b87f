import { SvelteMap } from 'svelte/reactivity';
import { isAbort, ProblemError, sentence } from '../api/client';
import { listImages, type ImageQuery } from '../api/images';
import type { Facets, Image, ImagePage } from '../api/types';

export const PAGE = 60;

/**
 * A list too long to hold: it knows its length and loads the pages that are looked at. Pages are
 * asked for by place, not by cursor, so that a scrollbar dragged to the middle lands there.
 */
export class Feed {
	#query: ImageQuery = {};
	#pages = new SvelteMap<number, Image[]>();
	#total = $state.raw<number | null>(null);
	#exact = $state(true);
	#facets = $state.raw<Facets | null>(null);
	#ranked = $state<number | null>(null);
	#error = $state.raw<string | null>(null);
	#refused = $state(false);
	#busy = $state(false);
	#changing = $state(false);
	/** What the answers say of the length, each of them only in part where it is estimated. */
	#least = 0;
	#most = Infinity;
	/** Pages asked for since the last beginning. */
	#asked = new Set<number>();
	#range = { from: 0, to: 0 };
	#stop = new AbortController();

	get total(): number | null {
		return this.#total;
	}
	/** Whether the total was counted, not estimated. */
	get exact(): boolean {
		return this.#exact;
	}
	/** Whether the error is that the question was not understood: to ask again would not help. */
	get refused(): boolean {
		return this.#refused;
	}
	/** The most frequent tags, where they were asked for. */
	/** How many of the newest are in the order of their match; null where all are. */
	get ranked(): number | null {
		return this.#ranked;
	}

	get facets(): Facets | null {
		return this.#facets;
	}
	get error(): string | null {
		return this.#error;
	}
	/** An answer is awaited. */
	get busy(): boolean {
		return this.#busy;
	}
	/** What is shown is of the question before. */
	get changing(): boolean {
		return this.#changing;
	}

	at = (index: number): Image | undefined => this.#pages.get(pageOf(index))?.[index % PAGE];

	/** The picture at a place, asked for if need be. */
	load = async (index: number): Promise<Image | undefined> => {
		if (!this.at(index)) {
			const error = await this.#load(pageOf(index), this.#stop.signal);
			if (error !== null) this.#fail(error);
		}
		return this.at(index);
	};

	/** Where a picture stands among those loaded. */
	indexOf(id: string): number | null {
		for (const [page, images] of this.#pages) {
			const at = images.findIndex((image) => image.id === id);
			if (at >= 0) return page * PAGE + at;
		}
		return null;
	}

	/** The ids of everything, walked through from the beginning. */
	async ids(): Promise<string[]> {
		const ids: string[] = [];
		let cursor: string | null | undefined;
		while (cursor !== null) {
			const { items, next } = await listImages(this.#query, { cursor, limit: LONGEST_PAGE });
			ids.push(...items.map(({ id }) => id));
			cursor = next;
		}
		return ids;
	}

	/**
	 * All pictures from one place to another, whether the list has been looked at there or not;
	 * none if the list changes meanwhile. What is asked for is not kept: far pages are forgotten.
	 */
	async between(from: number, to: number): Promise<Image[]> {
		const { signal } = this.#stop;
		const found: Image[] = [];
		for (let page = pageOf(from); page <= pageOf(to); page += 1) {
			const images = this.#pages.get(page) ?? (await this.#ask(page, signal)).items;
			if (signal.aborted) return [];
			const start = page * PAGE;
			found.push(...images.slice(Math.max(0, from - start), to + 1 - start));
		}
		return found;
	}

	/** The loaded pictures from one place to another, those not yet loaded left out. */
	slice(from: number, to: number): Image[] {
		const found: Image[] = [];
		for (let index = from; index <= to; index += 1) {
			const image = this.at(index);
			if (image) found.push(image);
		}
		return found;
	}

	/** What was shown stays until the answer to the new question is there. */
	ask(query: ImageQuery): void {
		this.#changing ||= JSON.stringify(query) !== JSON.stringify(this.#query);
		this.#query = query;
		void this.refresh();
	}

	async refresh(): Promise<void> {
		this.#stop.abort();
		this.#stop = new AbortController();
		this.#asked.clear();
		this.#least = 0;
		this.#most = Infinity;
		this.#busy = true;
		await this.#fill();
	}

	/** Says which pictures are in sight; loads those that are missing. */
	look(from: number, to: number): void {
		this.#range = { from, to };
		void this.#fill();
	}

	async #fill(): Promise<void> {
		const { signal } = this.#stop;
		const missing: number[] = [];
		for (let page = pageOf(this.#range.from); page <= pageOf(this.#range.to); page += 1) {
			if (!this.#asked.has(page)) missing.push(page);
		}
		if (missing.length === 0) return;
		const errors = await Promise.all(missing.map((page) => this.#load(page, signal)));
		if (signal.aborted) return;
		this.#busy = false;
		const error = errors.find((error) => error !== null);
		if (error !== undefined) return this.#fail(error);
		this.#changing = false;
		this.#error = null;
		this.#refused = false;
		this.#forgetFarPages();
	}

	#ask(page: number, signal: AbortSignal, facets?: number): Promise<ImagePage> {
		const window = { skip: page * PAGE, limit: PAGE };
		return listImages({ ...this.#query, facets }, window, signal);
	}

	/** Loads a page; returns what went wrong, or null. */
	async #load(page: number, signal: AbortSignal): Promise<unknown> {
		this.#asked.add(page);
		try {
			// Tags are counted once, not with every page.
			const facets = this.#asked.size === 1 ? this.#query.facets : undefined;
			const found = await this.#ask(page, signal, facets);
			if (signal.aborted) return null;
			if (facets) this.#facets = found.facets ?? null;
			this.#pages.set(page, found.items);
			this.#ranked = found.ranked ?? null;
			this.#measure(page, found);
		} catch (error) {
			if (isAbort(error) || signal.aborted) return null;
			this.#asked.delete(page);
			return error;
		}
		return null;
	}

	/** A page with another after it, the last one and one past the end each know something. */
	#measure(page: number, { items, next, total, total_is_exact }: ImagePage): void {
		const end = page * PAGE + items.length;
		if (total_is_exact) this.#least = this.#most = total;
		else if (next !== null) this.#least = Math.max(this.#least, end + 1);
		else if (items.length > 0 || page === 0) this.#least = this.#most = end;
		else this.#most = Math.min(this.#most, page * PAGE);
		this.#exact = this.#least === this.#most;
		this.#total = Math.min(this.#most, Math.max(this.#least, total));
	}

	#fail(error: unknown): void {
		this.#error = sentence(error);
		this.#refused = error instanceof ProblemError && error.status === 400;
		// The answers to another question are none to this one.
		if (!this.#refused && !this.#changing) return;
		this.#total = null;
		this.#facets = null;
		this.#pages.clear();
		this.#asked.clear();
	}

	/** Keeps memory flat however far somebody scrolls, and drops answers to an old question. */
	#forgetFarPages(): void {
		const first = pageOf(this.#range.from);
		const last = pageOf(this.#range.to);
		for (const page of [...this.#pages.keys()]) {
			const far = page < first - KEPT || page > last + KEPT;
			if (!far && this.#asked.has(page)) continue;
			this.#pages.delete(page);
			this.#asked.delete(page);
		}
	}
}

/** Pages kept on either side of what is in sight. */
const KEPT = 20;
const LONGEST_PAGE = 500;

const pageOf = (index: number): number => Math.floor(Math.max(0, index) / PAGE);
