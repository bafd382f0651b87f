import type { Image } from '../api/types';
import { cells, COLUMNS } from './csv';

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** What a picture takes in the file. Of other formats nobody knows before they are packed. */
const TAKES: Record<string, (image: Image) => number> = {
	csv: (image) => bytes(`${cells(image).join(',')}\n`),
	jsonl: ({ matches: _, ...fields }) => bytes(`${JSON.stringify(fields)}\n`),
	zip: (image) => image.bytes,
};
const HEADING: Record<string, number> = { csv: bytes(`${COLUMNS.join(',')}\n`) };

/** Bytes of the whole file, guessed from the pictures at hand. */
export function estimatedBytes(format: string, sample: Image[], total: number): number | null {
	const takes = TAKES[format];
	if (!takes || sample.length === 0) return null;
	const sum = sample.reduce((all, image) => all + takes(image), 0);
	return Math.round((sum / sample.length) * total) + (HEADING[format] ?? 0);
}
