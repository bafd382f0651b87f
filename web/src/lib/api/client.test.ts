import { afterEach, expect, it, vi } from 'vitest';
import { authSession } from '../auth-session.svelte';
import { OfflineError, fetchJson } from './client';
import { readJob, sendFiles } from './jobs';
import { makeFile } from '../testing/factories';

afterEach(() => vi.unstubAllGlobals());

const mockResponse = (body: BodyInit) => vi.stubGlobal('fetch', async () => new Response(body));

/** Body that fails after its first bytes. */
const brokenBody = () =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			controller.enqueue(new TextEncoder().encode('{"id": '));
			controller.error(new TypeError('network error'));
		},
	});

it.each([
	['is truncated', () => '{"items": ['],
	['breaks off', brokenBody],
])('raises OfflineError for a response that %s', async (_, body) => {
	mockResponse(body());
	await expect(fetchJson('images')).rejects.toThrow(OfflineError);
	mockResponse(body());
	await expect(readJob('j1')).rejects.toThrow(OfflineError);
});

/** Upload a file and respond immediately with this status and body. */
function uploadWith(status: number, responseText: string) {
	vi.stubGlobal(
		'XMLHttpRequest',
		class {
			status = status;
			responseText = responseText;
			upload = {};
			onload = () => {};
			open() {}
			setRequestHeader() {}
			getResponseHeader = () => null;
			send() {
				this.onload();
			}
		},
	);
	return sendFiles({ jobId: null, files: [makeFile()], key: 'k', onsent: () => {} });
}

it('raises OfflineError for a truncated upload response', async () => {
	await expect(uploadWith(201, '{"id": ')).rejects.toThrow(OfflineError);
});

it('requires sign-in after an upload without a key', async () => {
	await expect(uploadWith(401, '{"detail": "Missing or invalid API key."}')).rejects.toThrow(
		'Missing or invalid API key.',
	);
	expect(authSession.required).toBe(true);
	authSession.required = false;
});
