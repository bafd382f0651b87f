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

	get current(): Toast[] {
		return this.#items;
	}

	say(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
		const toast: Toast = { id: this.#next++, text, tone: 'plain', ...options };
		this.#items = [...this.#items.slice(-2), toast];
		const seconds = toast.action ? SECONDS.action : SECONDS[toast.tone];
		setTimeout(() => this.drop(toast.id), seconds * 1000);
	}

	drop(id: number): void {
		this.#items = this.#items.filter((toast) => toast.id !== id);
	}
}

export const toasts = new Toasts();
