import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchJson } from '../api/client';
import { authSession } from '../auth-session.svelte';
import SignInView from './SignInView.svelte';

const mockFetch = (status: number, body: unknown) =>
	vi.fn<typeof fetch>().mockImplementation(async () => Response.json(body, { status }));

async function enter(key: string) {
	await fireEvent.input(screen.getByLabelText('Access key'), { target: { value: key } });
	await fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
}

describe('signing in', () => {
	afterEach(() => {
		vi.unstubAllGlobals();
		authSession.required = false;
	});

	it('is required after a 401 response', async () => {
		vi.stubGlobal('fetch', mockFetch(401, { title: 'Unauthorized' }));
		await expect(fetchJson('images')).rejects.toThrow('Unauthorized');
		expect(authSession.required).toBe(true);
	});

	it('sends the key and continues', async () => {
		authSession.required = true;
		const fetch = mockFetch(200, { name: 'me', scopes: ['read'] });
		vi.stubGlobal('fetch', fetch);
		render(SignInView);
		await enter(' gal_key ');

		await vi.waitFor(() => expect(authSession.required).toBe(false));
		expect(fetch.mock.calls[0]?.[1]?.body).toBe('{"key":"gal_key"}');
	});

	it('shows the error and clears the field', async () => {
		authSession.required = true;
		vi.stubGlobal('fetch', mockFetch(401, { detail: 'Missing or invalid API key.' }));
		render(SignInView);
		await enter('gal_wrong');

		expect((await screen.findByRole('alert')).textContent).toBe('Missing or invalid API key.');
		expect(screen.getByLabelText<HTMLInputElement>('Access key').value).toBe('');
		expect(authSession.required).toBe(true);
	});
});
