import { sentence } from '../api/client';
import { deleteImage, deleteImages, purgeImages, restoreImages, type Choice } from '../api/images';
import { toasts } from '../toasts.svelte';
import { plural } from '../format';

/** As many ids as one request may name. */
const AT_ONCE = 10_000;

/** Moves pictures to the trash and offers to take it back; calls `onchange` after either. */
export async function moveToTrash(choice: Choice, onchange: () => void): Promise<void> {
	await attempt(async () => {
		const { deleted, ids } = await remove(choice);
		onchange();
		toasts.say(`${plural(deleted, 'picture')} moved to the trash.`, {
			action: { label: 'Undo', run: () => restore(ids, onchange) },
		});
	});
}

async function remove(choice: Choice): Promise<{ deleted: number; ids: string[] }> {
	const one = 'ids' in choice && choice.ids.length === 1 ? choice.ids[0] : undefined;
	if (one !== undefined) {
		await deleteImage(one);
		return { deleted: 1, ids: [one] };
	}
	if (!('ids' in choice)) return deleteImages(choice);
	const gone: string[] = [];
	for (const ids of pieces(choice.ids)) gone.push(...(await deleteImages({ ids })).ids);
	return { deleted: gone.length, ids: gone };
}

/** Ids that are still to be found out may be long in coming, or never come. */
export async function restore(
	ids: string[] | Promise<string[]>,
	onchange: () => void,
): Promise<void> {
	await attempt(async () => {
		let restored = 0;
		for (const some of pieces(await ids)) restored += (await restoreImages(some)).restored;
		onchange();
		toasts.say(`${plural(restored, 'picture')} restored.`);
	});
}

/** Removes for good all that is in the trash. */
export async function emptyTrash(onchange: () => void): Promise<void> {
	await attempt(async () => {
		const { purged } = await purgeImages();
		onchange();
		toasts.say(`${plural(purged, 'picture')} removed for good.`);
	});
}

function* pieces(ids: string[]): Generator<string[]> {
	for (let at = 0; at < ids.length; at += AT_ONCE) yield ids.slice(at, at + AT_ONCE);
}

async function attempt(action: () => Promise<void>): Promise<void> {
	try {
		await action();
	} catch (error) {
		toasts.say(sentence(error), { tone: 'bad' });
	}
}
