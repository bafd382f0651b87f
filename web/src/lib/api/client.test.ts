import { afterEach, expect, it, vi } from 'vitest';
import { session } from '../auth-session.svelte';
import { OfflineError, request } from './client';
import { readJob, sendFiles } from './jobs';
import { fileOf } from '../testing/factories';

afterEach(() => vi.unstubAllGlobals());

const answering = (body: BodyInit) => vi.stubGlobal('fetch', async () => new Response(body));

/** A body of which a piece came before the line broke. */
const broken = () =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			controller.enqueue(new TextEncoder().encode('{"id": '));
			controller.error(new TypeError('network error'));
		},
	});

it.each([
	['ends too early', () => '{"items": ['],
	['breaks off', broken],
])('takes an answer that %s for none', async (_, body) => {
	answering(body());
	await expect(request('images')).rejects.toThrow(OfflineError);
	answering(body());
	await expect(readJob('j1')).rejects.toThrow(OfflineError);
});

/** A request that is answered with this as soon as it is sent. */
function posting(status: number, responseText: string) {
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
	return sendFiles({ jobId: null, files: [fileOf()], key: 'k', onsent: () => {} });
}

it('sends files again whose answer was cut off', async () => {
	await expect(posting(201, '{"id": ')).rejects.toThrow(OfflineError);
});

it('asks for a key when files are sent without one', async () => {
	await expect(posting(401, '{"detail": "A key is needed."}')).rejects.toThrow('A key is needed.');
	expect(session.needed).toBe(true);
	session.needed = false;
});
