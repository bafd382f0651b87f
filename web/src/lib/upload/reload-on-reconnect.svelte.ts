import { service } from '../service.svelte';

type Page<T> = { items: T[] };

/** The newest of something; asked for again when the service can be reached again. */
export function latest<T>(ask: (signal: AbortSignal) => Promise<Page<T>>): Page<T> {
	let items = $state.raw<T[]>([]);
	$effect(() => {
		if (!service.reachable) return;
		const stop = new AbortController();
		ask(stop.signal).then(
			(page) => (items = page.items),
			// The page's own notice says what is the matter.
			() => {},
		);
		return () => stop.abort();
	});
	return {
		get items() {
			return items;
		},
	};
}
