import { describe, expect, it } from 'vitest';
import { makeFile, makeLimits } from '../testing/factories';
import { isSystemFile, rejectionReason } from './validation';

const limits = makeLimits();

describe('validation', () => {
	it('accepts an image', () => {
		expect(rejectionReason(makeFile('cat.jpg', 'image/jpeg'), limits)).toBeNull();
	});

	it('derives the type from the extension when the browser gives none', () => {
		expect(rejectionReason(makeFile('cat.HEIC', ''), limits)).toBeNull();
	});

	it.each([
		[makeFile('cat.jpg', 'image/jpeg', 0), 'This file is empty.'],
		[makeFile('notes.txt', 'text/plain'), '.txt files are not supported.'],
		[makeFile('notes', ''), 'This file type is not supported.'],
		[
			makeFile('cat.jpg', 'image/jpeg', 1001),
			'This file is too large (1.0 KB). The limit is 1.0 KB.',
		],
	])('rejects with a reason (%#)', (file, reason) => {
		expect(rejectionReason(file, limits)).toBe(reason);
	});

	it('rejects only empty files while the limits are unknown', () => {
		expect(rejectionReason(makeFile('notes.txt', 'text/plain'), null)).toBeNull();
		expect(rejectionReason(makeFile('cat.jpg', 'image/jpeg', 0), null)).toBe('This file is empty.');
	});

	it.each(['.DS_Store', 'Thumbs.db', '.git'])('treats %s as a system file', (name) => {
		expect(isSystemFile(name)).toBe(true);
	});
});
