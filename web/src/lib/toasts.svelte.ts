export type Toast = {
	id: number;
	text: string;
	tone: 'plain' | 'bad';
	action?: { label: string; run: () => unknown };
};

const SECONDS = { plain: 5, action: 10, bad: 10 };

/** Short messages at the foot of the page, read out to screen readers. */
class Toasts {
	#items = $state.raw<Toast[]>([]);
	#next = 1;
	/** While somebody reads them, none goes away. */
	held = false;

	get current(): Toast[] {
		return this.#items;
	}

	say(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
		const toast: Toast = { id: this.#next++, text, tone: 'plain', ...options };
		this.#items = [...this.#items.slice(-2), toast];
		this.#expire(toast.id, toast.action ? SECONDS.action : SECONDS[toast.tone]);
	}

	#expire(id: number, seconds: number): void {
		setTimeout(() => (this.held ? this.#expire(id, 1) : this.drop(id)), seconds * 1000);
	}

	/** Does what a toast offers, by its id, or the latest offer there is. */
	act(id?: number): boolean {
		const toast = this.#items.findLast((one) => one.action && (id ?? one.id) === one.id);
		if (!toast) return false;
		this.drop(toast.id);
		void toast.action?.run();
		return true;
	}

	drop(id: number): void {
		this.#items = this.#items.filter((toast) => toast.id !== id);
		// With the last one goes whoever was holding it.
		if (this.#items.length === 0) this.held = false;
	}
}

export const toasts = new Toasts();
