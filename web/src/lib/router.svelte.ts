import { createSubscriber } from 'svelte/reactivity';
import { formatTag } from './format';
import { quote } from './search/query-terms';

export type View = 'upload' | 'gallery' | 'search' | 'problems' | 'trash' | 'settings';
/** An address without a view. */
export type NotFound = 'not-found';
type Params = Record<string, string | null>;
type NavigateOptions = { replace?: boolean; state?: unknown };

const PATHS: Record<View, string> = {
	upload: '/',
	gallery: '/gallery',
	search: '/search',
	problems: '/problems',
	trash: '/trash',
	settings: '/settings',
};

/** Hash router. Hash routes work on any static server and below any path. */
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
	/** Navigations deferred until `history.go()` completes; null when none is in progress. */
	#pending: (() => void)[] | null = null;

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

	get view(): View | NotFound {
		if (this.jobId) return 'upload';
		const found = (Object.keys(PATHS) as View[]).find((view) => PATHS[view] === this.path);
		return found ?? 'not-found';
	}

	/** The job id of #/jobs/ID. */
	get jobId(): string | null {
		return /^\/jobs\/([\w-]+)$/.exec(this.path)?.[1] ?? null;
	}

	/** Navigate to a hash route. */
	go(href: string, options: NavigateOptions = {}): void {
		if (this.#pending) this.#pending.push(() => this.#navigate(href, options));
		else this.#navigate(href, options);
	}

	/**
	 * Go back in the history. `history.go()` is asynchronous and would undo a navigation that happens
	 * before it completes, so such navigations are deferred.
	 */
	back(entries = 1): void {
		if (this.#pending) return;
		this.#pending = [];
		const deferLink = (event: MouseEvent) => this.#deferLink(event);
		addEventListener('click', deferLink, { capture: true });
		const onpopstate = () => {
			removeEventListener('click', deferLink, { capture: true });
			const pending = this.#pending ?? [];
			this.#pending = null;
			for (const navigate of pending) navigate();
		};
		addEventListener('popstate', onpopstate, { once: true });
		history.go(-entries);
	}

	#deferLink(event: MouseEvent): void {
		if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		const link = event.target instanceof Element && event.target.closest('a[href^="#/"]');
		if (!link) return;
		event.preventDefault();
		this.go(link.getAttribute('href') ?? '#/');
	}

	#navigate(href: string, { replace = false, state = null }: NavigateOptions): void {
		if (href === `#${this.#hash}`) return;
		if (replace) history.replaceState(history.state, '', href);
		else history.pushState(state, '', href);
		this.#update();
	}

	/** Change parameters of the current view; null removes one. */
	updateParams(changes: Params, options?: NavigateOptions): void {
		const params = this.params;
		for (const [key, value] of Object.entries(changes)) {
			if (value === null || value === '') params.delete(key);
			else params.set(key, value);
		}
		this.go(buildHref(this.path, params), options);
	}
}

const buildHref = (path: string, params: URLSearchParams): string => {
	const query = params.toString();
	return `#${path}${query && `?${query}`}`;
};

export const href = (view: View, params: Record<string, string> = {}): string =>
	buildHref(PATHS[view], new URLSearchParams(params));
/** Return the address of the images with a tag. */
export const tagHref = (label: string): string => href('search', { q: quote(formatTag(label)) });
export const jobHref = (id: string): string => `#/jobs/${id}`;

export const router = new Router();
