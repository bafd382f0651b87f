import { describe, expect, it } from 'vitest';
import { makeKey } from '../testing/factories';
import { expiry, lastUse, splitKeys } from './key-text';

describe('splitKeys', () => {
	it('lists valid and ended keys apart, newest first', () => {
		const keys = [
			makeKey({ id: 'old' }),
			makeKey({ id: 'ended', is_valid: false }),
			makeKey({ id: 'new' }),
		];
		const { valid, ended } = splitKeys(keys);
		expect(valid.map(({ id }) => id)).toEqual(['new', 'old']);
		expect(ended.map(({ id }) => id)).toEqual(['ended']);
	});
});

describe('expiry', () => {
	const past = '2020-01-02T12:00:00Z';

	it('says that a key never expires', () => {
		expect(expiry(makeKey())).toEqual(['Expires', 'never']);
	});

	it('distinguishes expired and revoked keys', () => {
		expect(expiry(makeKey({ expires_at: past, is_valid: false }))[0]).toBe('Expired');
		expect(expiry(makeKey({ expires_at: past, revoked_at: past, is_valid: false }))[0]).toBe(
			'Revoked',
		);
	});
});

describe('lastUse', () => {
	const used = '2026-05-01T12:00:00Z';
	const now = Date.parse(used) + 5 * 60_000;

	it('names the time and the address', () => {
		const key = makeKey({ last_used_at: used, last_used_address: '192.0.2.7' });
		expect(lastUse(key, now)).toBe('5 min ago from 192.0.2.7');
	});

	it('shows the time alone when the address is unknown', () => {
		expect(lastUse(makeKey({ last_used_at: used }), now)).toBe('5 min ago');
	});

	it('says that a key was never used', () => {
		expect(lastUse(makeKey())).toBe('never');
	});
});
