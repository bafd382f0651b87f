import { describe, expect, it } from 'vitest';
import { fileOf as file, limitsOf } from '../testing/factories';
import { isLitter, refusal } from './validation';

const limits = limitsOf();

describe('before sending', () => {
	it('lets a picture through', () => {
		expect(refusal(file('cat.jpg', 'image/jpeg'), limits)).toBeNull();
	});

	it('knows a type by the name where the browser gives none', () => {
		expect(refusal(file('cat.HEIC', ''), limits)).toBeNull();
	});

	it.each([
		[file('cat.jpg', 'image/jpeg', 0), 'The file is empty.'],
		[file('notes.txt', 'text/plain'), 'Files of type .txt are not pictures the model can read.'],
		[file('notes', ''), 'This is not a kind of picture the model can read.'],
		[file('cat.jpg', 'image/jpeg', 1001), 'The file has 1.0 KB; the most that is taken is 1.0 KB.'],
	])('refuses with the reason (%#)', (refused, reason) => {
		expect(refusal(refused, limits)).toBe(reason);
	});

	it('sends everything but nothing while the limits are unknown', () => {
		expect(refusal(file('notes.txt', 'text/plain'), null)).toBeNull();
		expect(refusal(file('cat.jpg', 'image/jpeg', 0), null)).toBe('The file is empty.');
	});

	it.each(['.DS_Store', 'Thumbs.db', '.git'])('passes over %s', (name) => {
		expect(isLitter(name)).toBe(true);
	});
});
