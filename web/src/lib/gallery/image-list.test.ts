import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineError, ProblemError } from '../api/client';
import * as images from '../api/images';
import type { ImagePage } from '../api/types';
import { makeImage } from '../testing/factories';
import { ImageList, PAGE_SIZE } from './image-list.svelte';

vi.mock('../api/images');
const listImages = vi.mocked(images.listImages);

const TOTAL = 100_000;

beforeEach(() => {
	listImages.mockReset();
	listImages.mockImplementation(async (_query, { skip = 0, limit }): Promise<ImagePage> => {
		const items = Array.from({ length: Math.min(limit, TOTAL - skip) }, (_, at) =>
			makeImage({ id: `i${skip + at}` }),
		);
		const next = skip + limit < TOTAL ? 'next' : null;
		return { items, total: TOTAL, total_is_exact: true, next };
	});
});

async function loadedList(): Promise<ImageList> {
	const list = new ImageList();
	list.setQuery({});
	await vi.waitFor(() => expect(list.busy).toBe(false));
	return list;
}

describe('an image list', () => {
	it('gets its total from the first page', async () => {
		const list = await loadedList();
		expect(list.total).toBe(TOTAL);
		expect(list.at(0)?.id).toBe('i0');
		expect(list.at(PAGE_SIZE)).toBeUndefined();
	});

	it('jumps to the middle with one request', async () => {
		const list = await loadedList();
		listImages.mockClear();

		list.setVisibleRange(50_000, 50_010);
		await vi.waitFor(() => expect(list.at(50_000)?.id).toBe('i50000'));

		expect(listImages).toHaveBeenCalledTimes(1);
		expect(list.indexOf('i50005')).toBe(50_005);
	});

	it('evicts distant pages', async () => {
		const list = await loadedList();
		list.setVisibleRange(90_000, 90_010);
		await vi.waitFor(() => expect(list.at(90_000)).toBeDefined());
		await vi.waitFor(() => expect(list.at(0)).toBeUndefined());
	});

	it('loads all images of a long range', async () => {
		const list = await loadedList();
		const found = await list.loadRange(10, 500);
		expect(found.map(({ id }) => id)).toEqual(
			Array.from({ length: 491 }, (_, at) => `i${at + 10}`),
		);
	});

	it('loads all images of a range while distant pages are evicted', async () => {
		const list = await loadedList();
		const found = list.loadRange(0, 3000);
		for (let at = 90_000; at < 90_600; at += PAGE_SIZE) list.setVisibleRange(at, at + 10);
		expect((await found).map(({ id }) => id)).toEqual(
			Array.from({ length: 3001 }, (_, at) => `i${at}`),
		);
	});

	it('returns no images of a range when the list is refreshed meanwhile', async () => {
		const list = await loadedList();
		const found = list.loadRange(0, 500);
		await list.refresh();
		expect(await found).toEqual([]);
		list.setVisibleRange(0, 300);
		await vi.waitFor(() => expect(list.at(300)?.id).toBe('i300'));
	});

	it('keeps the previous images until the new ones are loaded', async () => {
		const list = await loadedList();
		let respond: (page: ImagePage) => void = () => {};
		listImages.mockReturnValueOnce(new Promise((resolve) => (respond = resolve)));

		list.setQuery({ q: 'dog' });
		expect(list.at(0)?.id).toBe('i0');
		respond({ items: [makeImage({ id: 'dog' })], total: 1, total_is_exact: true, next: null });
		await vi.waitFor(() => expect(list.at(0)?.id).toBe('dog'));

		expect(list.total).toBe(1);
	});

	it('reports the number of ranked images, or null when all are ranked', async () => {
		const items = [makeImage({ id: 'only' })];
		listImages.mockResolvedValueOnce({
			items,
			total: 9000,
			total_is_exact: false,
			next: null,
			ranked: 1000,
		});
		const list = await loadedList();
		expect(list.ranked).toBe(1000);

		listImages.mockResolvedValueOnce({ items, total: 1, total_is_exact: true, next: null });
		list.setQuery({ q: 'dog', sort: 'newest' });
		await vi.waitFor(() => expect(list.ranked).toBeNull());
	});

	it('gets the exact total from the last page', async () => {
		const items = [makeImage({ id: 'only' })];
		listImages.mockResolvedValue({ items, total: 90, total_is_exact: false, next: null });
		const list = await loadedList();
		expect(list.total).toBe(1);
		expect(list.exact).toBe(true);
	});

	it('prefers the total of the last page to estimates', async () => {
		const pages = Array.from({ length: 4 }, (_, page) =>
			Array.from({ length: page < 2 ? PAGE_SIZE : 30 }, (_, at) =>
				makeImage({ id: `${page}-${at}` }),
			),
		);
		listImages.mockImplementation(async (_query, { skip = 0 }) => {
			const page = skip / PAGE_SIZE;
			const items = page < 3 ? (pages[page] ?? []) : [];
			return { items, total: 90, total_is_exact: false, next: page < 2 ? 'next' : null };
		});
		const list = await loadedList();
		expect(list.total).toBe(90);

		list.setVisibleRange(PAGE_SIZE, PAGE_SIZE + 10);
		await vi.waitFor(() => expect(list.at(PAGE_SIZE)).toBeDefined());
		expect([list.total, list.exact]).toEqual([121, false]);

		list.setVisibleRange(2 * PAGE_SIZE, 2 * PAGE_SIZE);
		await vi.waitFor(() => expect(list.at(2 * PAGE_SIZE)).toBeDefined());
		expect([list.total, list.exact]).toEqual([150, true]);

		list.setVisibleRange(0, 3 * PAGE_SIZE);
		await vi.waitFor(() => expect(listImages).toHaveBeenCalledTimes(4));
		expect([list.total, list.exact]).toEqual([150, true]);
	});

	it('limits the total at an empty page', async () => {
		listImages.mockImplementation(async (_query, { skip = 0 }) => {
			const items = skip === 0 ? Array.from({ length: PAGE_SIZE }, () => makeImage()) : [];
			return { items, total: 200, total_is_exact: false, next: skip === 0 ? 'next' : null };
		});
		const list = await loadedList();
		expect(list.total).toBe(200);
		list.setVisibleRange(2 * PAGE_SIZE, 2 * PAGE_SIZE);
		await vi.waitFor(() => expect(list.total).toBe(2 * PAGE_SIZE));
	});

	it('is empty after an invalid query', async () => {
		const list = await loadedList();
		listImages.mockRejectedValueOnce(new ProblemError(400, { detail: 'Unclosed quote.' }));
		list.setQuery({ q: '"dog' });
		await vi.waitFor(() => expect(list.error).toBe('Unclosed quote.'));
		expect([list.invalidQuery, list.total, list.at(0)]).toEqual([true, null, undefined]);

		list.setQuery({ q: 'dog' });
		expect(list.stale).toBe(true);
		await vi.waitFor(() => expect(list.total).toBe(TOTAL));
		expect([list.invalidQuery, list.error, list.stale]).toEqual([false, null, false]);
	});

	it('keeps its images when a refresh fails', async () => {
		const list = await loadedList();
		listImages.mockRejectedValueOnce(new OfflineError());
		await list.refresh();
		expect(list.error).toBe("Can't reach the server.");
		expect([list.total, list.at(0)?.id]).toEqual([TOTAL, 'i0']);
	});

	it('reports an error and recovers on refresh', async () => {
		listImages.mockRejectedValueOnce(new OfflineError());
		const list = await loadedList();
		expect(list.error).toBe("Can't reach the server.");

		await list.refresh();
		expect(list.error).toBeNull();
		expect(list.total).toBe(TOTAL);
	});
});
