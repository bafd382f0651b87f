import { fetchJson, sendJson } from './client';
import type { ApiKey, CreatedKey, NewKey, Rotation } from './types';

/** All keys, oldest first, including expired and revoked ones. */
export const listKeys = () => fetchJson<{ items: ApiKey[] }>('keys');

export const createKey = (wanted: NewKey) => sendJson<CreatedKey>('POST', 'keys', wanted);
export const rotateKey = (id: string, wanted: Rotation) =>
	sendJson<CreatedKey>('POST', `keys/${id}/rotate`, wanted);
export const revokeKey = (id: string) => sendJson<void>('DELETE', `keys/${id}`);
