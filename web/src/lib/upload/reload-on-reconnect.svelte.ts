import { service } from '../service.svelte';

type Page<T> = { items: T[] };

/** Load a list now and again each time the service becomes reachable. Call it in a component. */
export function reloadOnReconnect<T>(load: (signal: AbortSignal) => Promise<Page<T>>): Page<T> {
	let items = $state.raw<T[]>([]);
	$effect(() => {
		if (!service.reachable) return;
		const stop = new AbortController();
		load(stop.signal).then(
			(page) => (items = page.items),
			// The notice at the top of the page already reports the error.
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
