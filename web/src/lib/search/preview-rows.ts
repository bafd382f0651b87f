import { listImages, readImage, type Exported } from '../api/images';
import type { Image } from '../api/types';

export const ROWS = 10;

/** What comes first in the file of these pictures: the newest of them. */
export async function firstRows(what: Exported, signal: AbortSignal): Promise<Image[]> {
	if (!('ids' in what)) {
		const page = await listImages({ ...what, sort: 'newest' }, { skip: 0, limit: ROWS }, signal);
		return page.items;
	}
	// An id begins with the time at which it was given.
	const newest = what.ids.toSorted().slice(-ROWS).reverse();
	return Promise.all(newest.map((id) => readImage(id, signal)));
}
