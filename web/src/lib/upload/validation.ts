import type { Limits } from '../api/types';
import { fileSize, sizeLimit } from '../format';

/** Media types that some browsers leave empty. */
const TYPE_BY_EXTENSION: Record<string, string> = {
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

const SYSTEM_FILES = /^(\..*|thumbs\.db|desktop\.ini)$/i;

/** Return whether the file or folder was created by an operating system, such as `.DS_Store`. */
export const isSystemFile = (name: string): boolean => SYSTEM_FILES.test(name);

const extensionOf = (name: string): string => /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

const typeOf = (file: File): string => file.type || TYPE_BY_EXTENSION[extensionOf(file.name)] || '';

/**
 * Return why the service would reject this file, or null if it may accept it. The service validates
 * every file again. Without its limits only empty files are rejected here.
 */
export function rejectionReason(file: File, limits: Limits | null): string | null {
	if (file.size === 0) return 'This file is empty.';
	if (!limits) return null;
	if (!limits.media_types.includes(typeOf(file))) {
		const extension = extensionOf(file.name);
		return extension
			? `.${extension} files are not supported.`
			: 'This file type is not supported.';
	}
	if (file.size > limits.max_upload_bytes) {
		const limit = sizeLimit(limits.max_upload_bytes);
		return `This file is too large (${fileSize(file.size)}). The limit is ${limit}.`;
	}
	return null;
}
