import { createSubscriber } from 'svelte/reactivity';

export type View = 'upload' | 'gallery' | 'search' | 'trash';
type Params = Record<string, string | null>;
type Going = { replace?: boolean; state?: unknown };

const PATHS: Record<View, string> = {
	upload: '/',
	gallery: '/gallery',
	search: '/search',
	trash: '/trash',
};

/**
 * Where the person is, kept behind the # of the address: such an address survives any static
 * server and any path before it, and can still be shared, reloaded and gone back from.
 */
class Router {
	#subscribe = createSubscriber((update) => {
		this.#update = update;
		addEventListener('hashchange', update);
		addEventListener('popstate', update);
		return () => {
			removeEventListener('hashchange', update);
			removeEventListener('popstate', update);
		};
	});
	#update: () => void = () => {};
	/** Where to go once the step back under way has arrived; null while there is none. */
	#afterwards: (() => void)[] | null = null;

	get #hash(): string {
		this.#subscribe();
		return location.hash.slice(1) || '/';
	}

	get path(): string {
		return this.#hash.split('?', 1)[0] ?? '/';
	}

	get params(): URLSearchParams {
		const start = this.#hash.indexOf('?');
		return new URLSearchParams(start < 0 ? '' : this.#hash.slice(start + 1));
	}

	get view(): View {
		const found = (Object.keys(PATHS) as View[]).find((view) => PATHS[view] === this.path);
		return found ?? 'upload';
	}

	/** The job named by #/jobs/ID. */
	get jobId(): string | null {
		return /^\/jobs\/([\w-]+)$/.exec(this.path)?.[1] ?? null;
	}

	go(href: string, going: Going = {}): void {
		if (this.#afterwards) this.#afterwards.push(() => this.#go(href, going));
		else this.#go(href, going);
	}

	/**
	 * Goes a step back. The browser takes its time for that; a link followed meanwhile would be
	 * undone by the step, so it waits until the step has arrived.
	 */
	back(): void {
		if (this.#afterwards) return;
		this.#afterwards = [];
		const hold = (event: MouseEvent) => this.#hold(event);
		addEventListener('click', hold, { capture: true });
		const arrived = () => {
			removeEventListener('click', hold, { capture: true });
			const waiting = this.#afterwards ?? [];
			this.#afterwards = null;
			for (const follow of waiting) follow();
		};
		addEventListener('popstate', arrived, { once: true });
		history.back();
	}

	#hold(event: MouseEvent): void {
		if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		const link = event.target instanceof Element && event.target.closest('a[href^="#/"]');
		if (!link) return;
		event.preventDefault();
		this.go(link.getAttribute('href') ?? '#/');
	}

	#go(href: string, { replace = false, state = null }: Going): void {
		if (href === `#${this.#hash}`) return;
		if (replace) history.replaceState(history.state, '', href);
		else history.pushState(state, '', href);
		this.#update();
	}

	/** The same view with some parameters changed; null takes one away. */
	amend(changes: Params, going?: Going): void {
		const params = this.params;
		for (const [key, value] of Object.entries(changes)) {
			if (value === null || value === '') params.delete(key);
			else params.set(key, value);
		}
		this.go(hrefOf(this.path, params), going);
	}
}

const hrefOf = (path: string, params: URLSearchParams): string => {
	const query = params.toString();
	return `#${path}${query && `?${query}`}`;
};

export const href = (view: View, params: Record<string, string> = {}): string =>
	hrefOf(PATHS[view], new URLSearchParams(params));
export const jobHref = (id: string): string => `#/jobs/${id}`;

export const router = new Router();
