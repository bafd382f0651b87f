import { tick } from 'svelte';

/** A view by its name, or an upload, whose job may have no id yet. */
type Place = string | { id: string | null };

/** Where each view was left, so that coming back finds the same pictures in sight. */
const places = new Map<string, number>();

const nameOf = (place: Place): string =>
	typeof place === 'string' ? place : `upload ${place.id ?? ''}`;

/** Call before a view is replaced. */
export const leave = (place: Place): void => void places.set(nameOf(place), scrollY);

export async function arrive(place: Place): Promise<void> {
	await tick();
	scrollTo({ top: places.get(nameOf(place)) ?? 0, behavior: 'instant' });
}
