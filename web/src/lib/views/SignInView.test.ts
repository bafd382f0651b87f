import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { request } from '../api/client';
import { session } from '../auth-session.svelte';
import SignInView from './SignInView.svelte';

const answer = (status: number, body: unknown) =>
	vi.fn<typeof fetch>().mockImplementation(async () => Response.json(body, { status }));

async function enter(key: string) {
	await fireEvent.input(screen.getByLabelText('Key'), { target: { value: key } });
	await fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
}

describe('signing in', () => {
	afterEach(() => {
		vi.unstubAllGlobals();
		session.needed = false;
	});

	it('is asked for when the service says 401', async () => {
		vi.stubGlobal('fetch', answer(401, { title: 'Unauthorized' }));
		await expect(request('images')).rejects.toThrow('Unauthorized');
		expect(session.needed).toBe(true);
	});

	it('sends the key and lets the page go on', async () => {
		session.needed = true;
		const fetch = answer(200, { name: 'me', scopes: ['read'] });
		vi.stubGlobal('fetch', fetch);
		render(SignInView);
		await enter(' gal_key ');

		await vi.waitFor(() => expect(session.needed).toBe(false));
		expect(fetch.mock.calls[0]?.[1]?.body).toBe('{"key":"gal_key"}');
	});

	it('says why not, and forgets what was typed', async () => {
		session.needed = true;
		vi.stubGlobal('fetch', answer(401, { detail: 'A key is needed.' }));
		render(SignInView);
		await enter('gal_wrong');

		expect((await screen.findByRole('alert')).textContent).toBe('A key is needed.');
		expect(screen.getByLabelText<HTMLInputElement>('Key').value).toBe('');
		expect(session.needed).toBe(true);
	});
});
