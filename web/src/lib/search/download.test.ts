import { describe, expect, it, vi } from 'vitest';
import { ProblemError } from '../api/client';
import { Download } from './download.svelte';

/** Response that delivers its chunks one by one. */
function slowResponse(...chunks: number[]): Response {
	const body = new ReadableStream<Uint8Array>({
		async pull(controller) {
			await new Promise((resolve) => setTimeout(resolve, 5));
			const bytes = chunks.shift();
			if (bytes === undefined) controller.close();
			else controller.enqueue(new Uint8Array(bytes));
		},
	});
	const headers = { 'content-disposition': 'attachment; filename="gallery-1.csv"' };
	return new Response(body, { headers });
}

describe('a download', () => {
	it('reports progress and saves the file under the name in its headers', async () => {
		const saved: Blob[] = [];
		const names: string[] = [];
		vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
			saved.push(blob as Blob);
			return 'blob:x';
		});
		vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
			this: HTMLAnchorElement,
		) {
			names.push(this.download);
		});
		const download = new Download();
		const progress = new Set<number | null>();
		const response = slowResponse(6_000_000, 6_000_000, 1_000);
		const done = download.start(async () => response, 'gallery.csv');
		while (download.received !== null) {
			progress.add(download.received);
			await new Promise((resolve) => setTimeout(resolve));
		}
		await done;

		expect(saved.map(({ size }) => size)).toEqual([12_001_000]);
		expect(names).toEqual(['gallery-1.csv']);
		expect([...progress]).toContain(6_000_000);
	});

	it('reports the error of a failed request', async () => {
		const download = new Download();
		await download.start(() => Promise.reject(new ProblemError(503, { detail: 'Busy.' })), 'x');
		expect(download.error).toBe('Busy.');
		expect(download.received).toBeNull();
	});

	it('can be cancelled without an error', async () => {
		const download = new Download();
		const never = (signal: AbortSignal) =>
			new Promise<Response>((_, reject) =>
				signal.addEventListener('abort', () => reject(new DOMException('stop', 'AbortError'))),
			);
		const done = download.start(never, 'x');
		download.cancel();
		await done;
		expect(download.error).toBeNull();
	});
});
