import { listImages, readImage, type ExportScope } from '../api/images';
import type { Image } from '../api/types';

const ROWS = 10;

/** Return the first rows of an export: its newest images. */
export async function firstRows(scope: ExportScope, signal: AbortSignal): Promise<Image[]> {
	if (!('ids' in scope)) {
		const page = await listImages({ ...scope, sort: 'newest' }, { skip: 0, limit: ROWS }, signal);
		return page.items;
	}
	// Ids are UUIDv7, so they sort by creation time.
	const newest = scope.ids.toSorted().slice(-ROWS).reverse();
	return Promise.all(newest.map((id) => readImage(id, signal)));
}
