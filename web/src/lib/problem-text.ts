/** Page texts of failure codes. Other codes use the detail of the service, which has the numbers. */
const TEXTS: Record<string, string> = {
	empty: 'This file is empty.',
	unsupported_type: 'This file type is not supported.',
	truncated: 'This file is cut off. Upload it again from the original.',
	unreadable: 'This file is damaged. Upload it again from the original.',
	object_missing: 'The stored file is missing. Upload the image again.',
	object_corrupt: 'The stored file is damaged. Upload the image again.',
};

/** Return the sentence that the page shows for a rejected or failed image. */
export const problemText = ({ code, detail }: { code: string; detail: string }): string =>
	TEXTS[code] ?? detail;

/** Codes of files that no retry can classify. */
const PERMANENT = new Set([
	'empty',
	'unsupported_type',
	'truncated',
	'unreadable',
	'too_many_pixels',
]);

/** Return whether a retry can succeed after this failure. */
export const canRetry = ({ code }: { code: string }): boolean => !PERMANENT.has(code);
