import { sentence } from '../api/client';
import { deleteImage, deleteImages, restoreImages, type Choice } from '../api/images';
import { href, router } from '../router.svelte';
import { toasts } from '../toasts.svelte';
import { plural } from '../words';

/** Moves pictures to the trash and offers to take it back; calls `onchange` after either. */
export async function moveToTrash(choice: Choice, onchange: () => void): Promise<void> {
	await attempt(async () => {
		const { deleted, ids } = await remove(choice);
		onchange();
		toasts.say(`${plural(deleted, 'picture')} moved to the trash.`, {
			action: ids
				? { label: 'Undo', run: () => restore(ids, onchange) }
				: { label: 'Open trash', run: () => router.go(href('trash')) },
		});
	});
}

async function remove(choice: Choice): Promise<{ deleted: number; ids?: string[] }> {
	const one = 'ids' in choice && choice.ids.length === 1 ? choice.ids[0] : undefined;
	if (one !== undefined) {
		await deleteImage(one);
		return { deleted: 1, ids: [one] };
	}
	const answer = await deleteImages(choice);
	return 'ids' in choice ? { ids: choice.ids, ...answer } : answer;
}

export async function restore(ids: string[], onchange: () => void): Promise<void> {
	await attempt(async () => {
		const { restored } = await restoreImages(ids);
		onchange();
		toasts.say(`${plural(restored, 'picture')} restored.`);
	});
}

async function attempt(action: () => Promise<void>): Promise<void> {
	try {
		await action();
	} catch (error) {
		toasts.say(sentence(error), { tone: 'bad' });
	}
}
