import { authSession } from '../auth-session.svelte';
import { sendJson } from './client';

export async function signIn(key: string): Promise<void> {
	await sendJson('POST', 'session', { key });
	authSession.start();
}

export async function signOut(): Promise<void> {
	await sendJson('DELETE', 'session');
	authSession.end();
}
