import { tick } from 'svelte';
import type { View } from '../router.svelte';

/** Where each view was left, so that coming back finds the same pictures in sight. */
const places = new Map<View, number>();

/** Call before a view is replaced. */
export const leave = (view: View): void => void places.set(view, scrollY);

export async function arrive(view: View): Promise<void> {
	await tick();
	scrollTo({ top: places.get(view) ?? 0, behavior: 'instant' });
}
