import { errorMessage } from '../api/client';
import {
	deleteImage,
	deleteImages,
	purgeImages,
	restoreImages,
	type BulkTarget,
	type PurgeTarget,
} from '../api/images';
import { toasts } from '../toasts.svelte';
import { plural } from '../format';

/** Limit of ids per request. */
const MAX_IDS = 10_000;

/** Move images to the trash and offer to undo it. Calls `onchange` after either. */
export async function moveToTrash(target: BulkTarget, onchange: () => void): Promise<void> {
	await withErrorToast(async () => {
		const { deleted, ids } = await remove(target);
		onchange();
		toasts.show(`${plural(deleted, 'image')} moved to trash.`, {
			action: { label: 'Undo', run: () => restore(ids, onchange) },
		});
	});
}

async function remove(target: BulkTarget): Promise<{ deleted: number; ids: string[] }> {
	const one = 'ids' in target && target.ids.length === 1 ? target.ids[0] : undefined;
	if (one !== undefined) {
		await deleteImage(one);
		return { deleted: 1, ids: [one] };
	}
	if (!('ids' in target)) return deleteImages(target);
	const deletedIds: string[] = [];
	for (const ids of batches(target.ids)) deletedIds.push(...(await deleteImages({ ids })).ids);
	return { deleted: deletedIds.length, ids: deletedIds };
}

/** Restore images from the trash. `ids` may be a promise, as listing all ids takes several requests. */
export async function restore(
	ids: string[] | Promise<string[]>,
	onchange: () => void,
): Promise<void> {
	await withErrorToast(async () => {
		let restored = 0;
		for (const batch of batches(await ids)) restored += (await restoreImages(batch)).restored;
		onchange();
		toasts.show(restored ? `${plural(restored, 'image')} restored.` : 'Already restored.');
	});
}

/** Permanently delete images in the trash: those with the ids, or all. */
export async function purge(target: PurgeTarget, onchange: () => void): Promise<void> {
	await withErrorToast(async () => {
		const { purged } = await purgeImages(target);
		onchange();
		toasts.show(`${plural(purged, 'image')} permanently deleted.`);
	});
}

function* batches(ids: string[]): Generator<string[]> {
	for (let at = 0; at < ids.length; at += MAX_IDS) yield ids.slice(at, at + MAX_IDS);
}

/** Run an action and show its error as a toast. */
async function withErrorToast(action: () => Promise<void>): Promise<void> {
	try {
		await action();
	} catch (error) {
		toasts.show(errorMessage(error), { tone: 'bad' });
	}
}
