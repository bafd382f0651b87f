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

/** Cause of a failure code, and what can be done. */
type Explanation = { cause: string; advice: string };

const EXPLANATIONS: Record<string, Explanation> = {
	truncated: { cause: 'File is cut off', advice: 'Upload it again from the original.' },
	unreadable: { cause: 'File is damaged', advice: 'Upload an intact copy.' },
	too_many_pixels: { cause: 'Too many pixels', advice: 'Upload a smaller version.' },
	out_of_memory: {
		cause: 'Needs too much memory',
		advice: 'Upload a smaller version, or retry when the memory limit is higher.',
	},
	crashed_worker: {
		cause: 'Processing crashed twice',
		advice: 'Retry once. If it crashes again, keep the file: it shows a bug.',
	},
	object_missing: {
		cause: 'Stored file is missing',
		advice: 'Upload the image again, or retry when the storage is restored.',
	},
	object_corrupt: {
		cause: 'Stored file is damaged',
		advice: 'Upload the image again, or retry when the storage is restored.',
	},
	internal: {
		cause: 'Unexpected error',
		advice: 'Retry. If it fails again, the log of the worker has the cause.',
	},
};

/** Return what a failure code means and what can be done. */
export const explain = (code: string): Explanation =>
	EXPLANATIONS[code] ?? { cause: code, advice: 'Retry, or upload the image again.' };

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
