import type { Image } from '../api/types';
import { cells, COLUMNS } from './csv';

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Bytes per image, by format. The size of compressed formats cannot be estimated. */
const BYTES_PER_IMAGE: Record<string, (image: Image) => number> = {
	csv: (image) => bytes(`${cells(image).join(',')}\n`),
	jsonl: ({ matches: _, ...fields }) => bytes(`${JSON.stringify(fields)}\n`),
	zip: (image) => image.bytes,
};
const HEADER_BYTES: Record<string, number> = { csv: bytes(`${COLUMNS.join(',')}\n`) };

/** Estimate the size of an export in bytes from sample images; null if unknown. */
export function estimatedBytes(format: string, sample: Image[], total: number): number | null {
	const bytesOf = BYTES_PER_IMAGE[format];
	if (!bytesOf || sample.length === 0) return null;
	const sum = sample.reduce((all, image) => all + bytesOf(image), 0);
	return Math.round((sum / sample.length) * total) + (HEADER_BYTES[format] ?? 0);
}
