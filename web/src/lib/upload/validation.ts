import type { Limits } from '../api/types';
import { fileSize } from '../format';

/** Some browsers give no type for these. */
const BY_ENDING: Record<string, string> = {
	avif: 'image/avif',
	bmp: 'image/bmp',
	gif: 'image/gif',
	heic: 'image/heic',
	heif: 'image/heif',
	jpeg: 'image/jpeg',
	jpg: 'image/jpeg',
	png: 'image/png',
	tif: 'image/tiff',
	tiff: 'image/tiff',
	webp: 'image/webp',
};

const LITTER = /^(\..*|thumbs\.db|desktop\.ini)$/i;

/** What file systems leave lying in folders and nobody means to upload. */
export const isLitter = (name: string): boolean => LITTER.test(name);

const ending = (name: string): string => /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

const typeOf = (file: File): string => file.type || BY_ENDING[ending(file.name)] || '';

/**
 * The reason this file need not be sent, or null. The service checks again and has the last
 * word; before its limits are known everything is sent.
 */
export function refusal(file: File, limits: Limits | null): string | null {
	if (file.size === 0) return 'The file is empty.';
	if (!limits) return null;
	if (!limits.media_types.includes(typeOf(file))) {
		const named = ending(file.name);
		return named
			? `Files of type .${named} are not pictures the model can read.`
			: 'This is not a kind of picture the model can read.';
	}
	if (file.size > limits.max_upload_bytes) {
		const most = fileSize(limits.max_upload_bytes);
		return `The file has ${fileSize(file.size)}; the most that is taken is ${most}.`;
	}
	return null;
}
