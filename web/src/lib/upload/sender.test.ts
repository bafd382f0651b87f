import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineError, ProblemError } from '../api/client';
import type { sendFiles } from '../api/jobs';
import type { Job } from '../api/types';
import { makeFile, makeJob } from '../testing/factories';
import { UploadItem } from './upload-item.svelte';
import { Sender } from './sender';

type Call = Parameters<typeof sendFiles>[0];

const job = makeJob([]);

const makeItems = (number: number): UploadItem[] =>
	Array.from({ length: number }, (_, at) => {
		const name = `${at}.jpg`;
		return new UploadItem(name, makeFile(name));
	});

function senderWith(post: (call: Call) => Promise<Job>) {
	const acknowledged: string[] = [];
	const errors: (string | null)[] = [];
	const sender = new Sender(null, {
		limits: () => null,
		onresponse: (_job, items) => acknowledged.push(...items.map((item) => item.name)),
		onerror: (message) => errors.push(message),
		post,
	});
	return { sender, acknowledged, errors };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the sender', () => {
	it('sends every file to one job, with four parallel requests after the first', async () => {
		let inFlight = 0;
		let most = 0;
		const calls: Call[] = [];
		const { sender, acknowledged } = senderWith(async (call) => {
			calls.push(call);
			most = Math.max(most, ++inFlight);
			await new Promise((resolve) => setTimeout(resolve, 10));
			inFlight -= 1;
			return job;
		});

		const items = makeItems(1000);
		const sent = sender.add(items);
		await vi.advanceTimersByTimeAsync(5);
		expect(inFlight).toBe(1);
		await vi.runAllTimersAsync();
		await sent;

		expect(most).toBe(4);
		expect(calls[0]?.jobId).toBeNull();
		expect(calls.slice(1).every((call) => call.jobId === 'j1')).toBe(true);
		expect(new Set(acknowledged).size).toBe(1000);
		expect(acknowledged).toHaveLength(1000);
	});

	it('retries with the same idempotency key after a network failure', async () => {
		const keys: string[] = [];
		const { sender, acknowledged, errors } = senderWith(async ({ key }) => {
			keys.push(key);
			if (keys.length < 4) throw new OfflineError();
			return job;
		});

		const sent = sender.add(makeItems(2));
		await vi.runAllTimersAsync();
		await sent;

		expect(new Set(keys).size).toBe(1);
		expect(acknowledged).toEqual(['0.jpg', '1.jpg']);
		expect(errors).toContain("Can't reach the server.");
		expect(errors.at(-1)).toBeNull();
	});

	it('waits for Retry-After when rate limited', async () => {
		const begun = Date.now();
		const { sender, acknowledged, errors } = senderWith(async () => {
			if (Date.now() < begun + 42_000) {
				throw new ProblemError(429, { detail: 'Try again in 42 s.' }, '42');
			}
			return job;
		});

		const sent = sender.add(makeItems(1));
		await vi.runAllTimersAsync();
		await sent;

		expect(acknowledged).toEqual(['0.jpg']);
		expect(errors).toEqual(['Try again in 42 s.', null]);
	});

	it('rejects only the bad file of a rejected request', async () => {
		const { sender, acknowledged } = senderWith(async ({ files }) => {
			if (files.some((file) => file.name === '1.jpg')) {
				throw new ProblemError(413, { detail: 'Too large.' });
			}
			return job;
		});

		const items = makeItems(3);
		await sender.add(items);

		expect(acknowledged).toEqual(['0.jpg', '2.jpg']);
		expect(items[1]?.phase).toBe('rejected');
		expect(items[1]?.problem).toBe('Too large.');
	});

	it('keeps a failed file for a retry', async () => {
		const { sender } = senderWith(async () => {
			throw new ProblemError(503, { detail: 'Storage is unavailable.' });
		});

		const items = makeItems(1);
		const sent = sender.add(items);
		await vi.runAllTimersAsync();
		await sent;

		expect(items[0]?.phase).toBe('failed');
		expect(items[0]?.retryable).toBe(true);
	});

	it('cancels waiting files and completes requests in flight', async () => {
		const { sender, acknowledged } = senderWith(async () => {
			await new Promise((resolve) => setTimeout(resolve, 10));
			return job;
		});

		const items = makeItems(20);
		void sender.add(items);
		await vi.advanceTimersByTimeAsync(5);
		const cancelled = sender.cancel();
		await vi.runAllTimersAsync();
		await cancelled;

		expect(acknowledged).toHaveLength(4);
		expect(items.filter((item) => item.phase === 'cancelled')).toHaveLength(16);
	});

	it('sends nothing after a cancel, neither a retry nor single files of a rejected request', async () => {
		for (const error of [new OfflineError(), new ProblemError(413, { detail: 'Too large.' })]) {
			const calls: Call[] = [];
			const { sender } = senderWith(async (call) => {
				calls.push(call);
				await new Promise((resolve) => setTimeout(resolve, 10));
				throw error;
			});
			const items = makeItems(4);
			void sender.add(items);
			await vi.advanceTimersByTimeAsync(15);
			const sent = calls.length;
			const cancelled = sender.cancel();
			await vi.runAllTimersAsync();
			await cancelled;

			expect(calls).toHaveLength(sent);
			expect(items.at(-1)?.phase).toBe('cancelled');
		}
	});

	it('keeps every file when the session has expired', async () => {
		const post = vi
			.fn<(call: Call) => Promise<Job>>()
			.mockRejectedValue(new ProblemError(401, { detail: 'Missing or invalid API key.' }));
		const { sender } = senderWith(post);
		const items = makeItems(20);
		await sender.add(items);

		expect(post).toHaveBeenCalledOnce();
		expect(items.every((item) => item.retryable)).toBe(true);
	});
});
