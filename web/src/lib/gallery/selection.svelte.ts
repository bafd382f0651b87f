import { SvelteSet } from 'svelte/reactivity';

/** The pictures chosen for a bulk action: some by id, or everything that is shown. */
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

	/** One picture in or out. Everything stays whole: nobody can name all but one. */
	toggle(id: string, index: number): void {
		if (this.#everything) return;
		if (!this.#ids.delete(id)) this.#ids.add(id);
		this.#anchor = index;
	}

	/** All between the last picture chosen and this one, however far apart they are. */
	async extend(index: number, between: (from: number, to: number) => Promise<{ id: string }[]>) {
		if (this.#everything) return;
		const from = this.#anchor ?? index;
		this.#anchor = index;
		const found = await between(Math.min(from, index), Math.max(from, index));
		for (const { id } of found) this.#ids.add(id);
	}

	all(): void {
		this.clear();
		this.#everything = true;
	}

	clear(): void {
		this.#ids.clear();
		this.#everything = false;
		this.#anchor = null;
	}
}
