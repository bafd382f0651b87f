import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineError, ProblemError } from '../api/client';
import type { sendFiles } from '../api/jobs';
import type { Job } from '../api/types';
import { fileOf, jobOf } from '../testing/factories';
import { Row } from './upload-item.svelte';
import { Sender } from './sender';

type Call = Parameters<typeof sendFiles>[0];

const job = jobOf([]);

const rowsOf = (number: number): Row[] =>
	Array.from({ length: number }, (_, at) => {
		const name = `${at}.jpg`;
		return new Row(name, fileOf(name));
	});

function senderWith(post: (call: Call) => Promise<Job>) {
	const answered: string[] = [];
	const troubles: (string | null)[] = [];
	const sender = new Sender(null, {
		limits: () => null,
		onanswer: (_job, rows) => answered.push(...rows.map((row) => row.name)),
		ontrouble: (words) => troubles.push(words),
		post,
	});
	return { sender, answered, troubles };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('sending', () => {
	it('brings every file under one job, four requests at a time after the first', async () => {
		let flying = 0;
		let most = 0;
		const calls: Call[] = [];
		const { sender, answered } = senderWith(async (call) => {
			calls.push(call);
			most = Math.max(most, ++flying);
			await new Promise((resolve) => setTimeout(resolve, 10));
			flying -= 1;
			return job;
		});

		const rows = rowsOf(1000);
		const sent = sender.add(rows);
		await vi.advanceTimersByTimeAsync(5);
		expect(flying).toBe(1);
		await vi.runAllTimersAsync();
		await sent;

		expect(most).toBe(4);
		expect(calls[0]?.jobId).toBeNull();
		expect(calls.slice(1).every((call) => call.jobId === 'j1')).toBe(true);
		expect(new Set(answered).size).toBe(1000);
		expect(answered).toHaveLength(1000);
	});

	it('waits for the network and sends again under the same key', async () => {
		const keys: string[] = [];
		const { sender, answered, troubles } = senderWith(async ({ key }) => {
			keys.push(key);
			if (keys.length < 4) throw new OfflineError();
			return job;
		});

		const sent = sender.add(rowsOf(2));
		await vi.runAllTimersAsync();
		await sent;

		expect(new Set(keys).size).toBe(1);
		expect(answered).toEqual(['0.jpg', '1.jpg']);
		expect(troubles).toContain('The gallery cannot be reached.');
		expect(troubles.at(-1)).toBeNull();
	});

	it('comes back when a minute of too many requests is over, as it was told', async () => {
		const begun = Date.now();
		const { sender, answered, troubles } = senderWith(async () => {
			if (Date.now() < begun + 42_000) {
				throw new ProblemError(429, { detail: 'Try again in 42 s.' }, '42');
			}
			return job;
		});

		const sent = sender.add(rowsOf(1));
		await vi.runAllTimersAsync();
		await sent;

		expect(answered).toEqual(['0.jpg']);
		expect(troubles).toEqual(['Try again in 42 s.', null]);
	});

	it('does not let one refused file take its neighbours along', async () => {
		const { sender, answered } = senderWith(async ({ files }) => {
			if (files.some((file) => file.name === '1.jpg')) {
				throw new ProblemError(413, { detail: 'Too large.' });
			}
			return job;
		});

		const rows = rowsOf(3);
		await sender.add(rows);

		expect(answered).toEqual(['0.jpg', '2.jpg']);
		expect(rows[1]?.phase).toBe('rejected');
		expect(rows[1]?.problem).toBe('Too large.');
	});

	it('keeps a file that the service could not take, for another try', async () => {
		const { sender } = senderWith(async () => {
			throw new ProblemError(503, { detail: 'Storage is away.' });
		});

		const rows = rowsOf(1);
		const sent = sender.add(rows);
		await vi.runAllTimersAsync();
		await sent;

		expect(rows[0]?.phase).toBe('failed');
		expect(rows[0]?.retryable).toBe(true);
	});

	it('cancels what waits and lets what is on its way arrive', async () => {
		const { sender, answered } = senderWith(async () => {
			await new Promise((resolve) => setTimeout(resolve, 10));
			return job;
		});

		const rows = rowsOf(20);
		void sender.add(rows);
		await vi.advanceTimersByTimeAsync(5);
		const cancelled = sender.cancel();
		await vi.runAllTimersAsync();
		await cancelled;

		expect(answered).toHaveLength(4);
		expect(rows.filter((row) => row.phase === 'cancelled')).toHaveLength(16);
	});

	it('sends nothing more once cancelled, neither after a pause nor one by one', async () => {
		for (const error of [new OfflineError(), new ProblemError(413, { detail: 'Too large.' })]) {
			const calls: Call[] = [];
			const { sender } = senderWith(async (call) => {
				calls.push(call);
				await new Promise((resolve) => setTimeout(resolve, 10));
				throw error;
			});
			const rows = rowsOf(4);
			void sender.add(rows);
			await vi.advanceTimersByTimeAsync(15);
			const sent = calls.length;
			const cancelled = sender.cancel();
			await vi.runAllTimersAsync();
			await cancelled;

			expect(calls).toHaveLength(sent);
			expect(rows.at(-1)?.phase).toBe('cancelled');
		}
	});

	it('keeps every file when somebody has to sign in again', async () => {
		const post = vi.fn(async (_call: Call): Promise<Job> => {
			throw new ProblemError(401, { detail: 'A key is needed.' });
		});
		const { sender } = senderWith(post);
		const rows = rowsOf(20);
		await sender.add(rows);

		expect(post).toHaveBeenCalledOnce();
		expect(rows.every((row) => row.retryable)).toBe(true);
	});
});
