import { SvelteMap } from 'svelte/reactivity';
import { isAbort, ProblemError, sentence } from '../api/client';
import { listImages, type ImageQuery } from '../api/images';
import type { Facets, Image } from '../api/types';

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
	#error = $state.raw<string | null>(null);
	#refused = $state(false);
	#busy = $state(false);
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
	get facets(): Facets | null {
		return this.#facets;
	}
	get error(): string | null {
		return this.#error;
	}
	/** What is shown may be of the question before. */
	get busy(): boolean {
		return this.#busy;
	}

	at = (index: number): Image | undefined => this.#pages.get(pageOf(index))?.[index % PAGE];

	/** The picture at a place, asked for if need be. */
	load = async (index: number): Promise<Image | undefined> => {
		if (!this.at(index)) await this.#load(pageOf(index), this.#stop.signal);
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

	/** All pictures from one place to another, wherever the list has been looked at or not. */
	async between(from: number, to: number): Promise<Image[]> {
		const { signal } = this.#stop;
		for (let page = pageOf(from); page <= pageOf(to); page += 1) {
			if (!this.#pages.has(page)) await this.#load(page, signal);
		}
		return this.slice(from, to);
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
		this.#query = query;
		void this.refresh();
	}

	async refresh(): Promise<void> {
		this.#stop.abort();
		this.#stop = new AbortController();
		this.#asked.clear();
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
		await Promise.all(missing.map((page) => this.#load(page, signal)));
		if (signal.aborted) return;
		this.#busy = false;
		this.#forgetFarPages();
	}

	async #load(page: number, signal: AbortSignal): Promise<void> {
		this.#asked.add(page);
		try {
			const window = { skip: page * PAGE, limit: PAGE };
			// Tags are counted once, not with every page.
			const facets = this.#asked.size === 1 ? this.#query.facets : undefined;
			const found = await listImages({ ...this.#query, facets }, window, signal);
			if (facets) this.#facets = found.facets ?? null;
			this.#pages.set(page, found.items);
			// The last page knows what an estimate cannot.
			const last = found.next === null && (page === 0 || found.items.length > 0);
			this.#total = last ? page * PAGE + found.items.length : found.total;
			this.#exact = last || found.total_is_exact;
			this.#error = null;
		} catch (error) {
			if (isAbort(error)) return;
			this.#asked.delete(page);
			this.#error = sentence(error);
			this.#refused = error instanceof ProblemError && error.status === 400;
		}
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
