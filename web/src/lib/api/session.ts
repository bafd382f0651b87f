import { session } from '../auth-session.svelte';
import { send } from './client';

export async function signIn(key: string): Promise<void> {
	await send('POST', 'session', { key });
	session.begun();
}

export async function signOut(): Promise<void> {
	await send('DELETE', 'session');
	session.ended();
}
