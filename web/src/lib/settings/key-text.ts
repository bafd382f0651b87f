import type { ApiKey, Scope } from '../api/types';
import { ago, day } from '../format';

/** All scopes, and what each permits. */
export const SCOPES: [scope: Scope, permits: string][] = [
	['read', 'see, search and export images'],
	['submit', 'upload images'],
	['review', 'confirm and reject tags'],
	['manage', 'delete, restore and retry images; change keys'],
];

/** Return the valid keys and the ended ones, newest first. */
export function splitKeys(keys: readonly ApiKey[]): { valid: ApiKey[]; ended: ApiKey[] } {
	const newest = keys.toReversed();
	return {
		valid: newest.filter((key) => key.is_valid),
		ended: newest.filter((key) => !key.is_valid),
	};
}

/** Return until when a key is or was valid, as a label and a date. */
export function expiry({ expires_at, revoked_at, is_valid }: ApiKey): [string, string] {
	if (revoked_at) return ['Revoked', day(revoked_at)];
	return [is_valid ? 'Expires' : 'Expired', expires_at ? day(expires_at) : 'never'];
}

/** Return when and from which address a key was last used. */
export function lastUse({ last_used_at, last_used_address }: ApiKey, now = Date.now()): string {
	if (!last_used_at) return 'never';
	const time = ago(last_used_at, now);
	return last_used_address ? `${time} from ${last_used_address}` : time;
}
