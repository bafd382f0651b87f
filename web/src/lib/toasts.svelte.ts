export type Toast = {
	id: number;
	text: string;
	tone: 'plain' | 'bad';
	action?: { label: string; run: () => unknown };
};

const SECONDS = { plain: 5, action: 10, bad: 10 };
const MAX_TOASTS = 3;

/** Short messages at the bottom of the page, announced by screen readers. */
class Toasts {
	#items = $state.raw<Toast[]>([]);
	#nextId = 1;
	/** While true no toast expires: the pointer or the focus is on one. */
	paused = false;

	get current(): Toast[] {
		return this.#items;
	}

	show(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
		const toast: Toast = { id: this.#nextId++, text, tone: 'plain', ...options };
		this.#items = [...this.#items, toast].slice(-MAX_TOASTS);
		this.#expire(toast.id, toast.action ? SECONDS.action : SECONDS[toast.tone]);
	}

	#expire(id: number, seconds: number): void {
		setTimeout(() => (this.paused ? this.#expire(id, 1) : this.dismiss(id)), seconds * 1000);
	}

	/** Run the action of a toast, or the latest action without an id. Return whether one ran. */
	runAction(id?: number): boolean {
		const toast = this.#items.findLast((one) => one.action && (id ?? one.id) === one.id);
		if (!toast) return false;
		this.dismiss(toast.id);
		void toast.action?.run();
		return true;
	}

	dismiss(id: number): void {
		this.#items = this.#items.filter((toast) => toast.id !== id);
		// A removed element sends no pointerleave or focusout.
		if (this.#items.length === 0) this.paused = false;
	}
}

export const toasts = new Toasts();
