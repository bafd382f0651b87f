import type { Image } from '../api/types';

export const COLUMNS: readonly string[] = [
	'ID',
	'Name',
	'Timestamp',
	...[1, 2, 3, 4, 5].flatMap((rank) => [`Label ${rank}`, `Score ${rank}`]),
];

/** Return the CSV columns of one image, as the export writes them. */
export function cells(image: Image): string[] {
	const time = image.created_at.slice(0, 19).replace('T', ' ');
	const tags = [0, 1, 2, 3, 4].flatMap((index) => {
		const tag = image.predictions[index];
		return tag ? [tag.label, `${(tag.score * 100).toFixed(2)}%`] : ['', ''];
	});
	return [image.id, image.name, time, ...tags];
}
