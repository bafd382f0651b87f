import { tick } from 'svelte';

/** A view by name, or an upload, which may have no job id yet. */
type ScrollKey = string | { id: string | null };

/** Scroll position of each view that was left, in pixels. */
const positions = new Map<string, number>();

const nameOf = (key: ScrollKey): string =>
	typeof key === 'string' ? key : `upload ${key.id ?? ''}`;

/** Store the scroll position of a view. Call it before the view is replaced. */
export const saveScroll = (key: ScrollKey): void => void positions.set(nameOf(key), scrollY);

/** Scroll to the stored position of a view, or to the top. */
export async function restoreScroll(key: ScrollKey): Promise<void> {
	await tick();
	scrollTo({ top: positions.get(nameOf(key)) ?? 0, behavior: 'instant' });
}
