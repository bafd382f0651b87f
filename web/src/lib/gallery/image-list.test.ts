import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineError, ProblemError } from '../api/client';
import * as images from '../api/images';
import type { ImagePage } from '../api/types';
import { imageOf } from '../testing/factories';
import { Feed, PAGE } from './image-list.svelte';

vi.mock('../api/images');
const list = vi.mocked(images.listImages);

const TOTAL = 100_000;

beforeEach(() => {
	list.mockReset();
	list.mockImplementation(async (_query, { skip = 0, limit }): Promise<ImagePage> => {
		const items = Array.from({ length: Math.min(limit, TOTAL - skip) }, (_, at) =>
			imageOf({ id: `i${skip + at}` }),
		);
		const next = skip + limit < TOTAL ? 'next' : null;
		return { items, total: TOTAL, total_is_exact: true, next };
	});
});

async function fed(): Promise<Feed> {
	const feed = new Feed();
	feed.ask({});
	await vi.waitFor(() => expect(feed.busy).toBe(false));
	return feed;
}

describe('a feed', () => {
	it('knows its length from the first page', async () => {
		const feed = await fed();
		expect(feed.total).toBe(TOTAL);
		expect(feed.at(0)?.id).toBe('i0');
		expect(feed.at(PAGE)).toBeUndefined();
	});

	it('goes to the middle with one request', async () => {
		const feed = await fed();
		list.mockClear();

		feed.look(50_000, 50_010);
		await vi.waitFor(() => expect(feed.at(50_000)?.id).toBe('i50000'));

		expect(list).toHaveBeenCalledTimes(1);
		expect(feed.indexOf('i50005')).toBe(50_005);
	});

	it('forgets what was scrolled past long ago', async () => {
		const feed = await fed();
		feed.look(90_000, 90_010);
		await vi.waitFor(() => expect(feed.at(90_000)).toBeDefined());
		await vi.waitFor(() => expect(feed.at(0)).toBeUndefined());
	});

	it('finds everything of a long range', async () => {
		const feed = await fed();
		const found = await feed.between(10, 500);
		expect(found.map(({ id }) => id)).toEqual(
			Array.from({ length: 491 }, (_, at) => `i${at + 10}`),
		);
	});

	it('finds everything of a range while far pages are forgotten', async () => {
		const feed = await fed();
		const found = feed.between(0, 3000);
		for (let at = 90_000; at < 90_600; at += PAGE) feed.look(at, at + 10);
		expect((await found).map(({ id }) => id)).toEqual(
			Array.from({ length: 3001 }, (_, at) => `i${at}`),
		);
	});

	it('finds nothing of a range in a list that is asked for anew meanwhile', async () => {
		const feed = await fed();
		const found = feed.between(0, 500);
		await feed.refresh();
		expect(await found).toEqual([]);
		feed.look(0, 300);
		await vi.waitFor(() => expect(feed.at(300)?.id).toBe('i300'));
	});

	it('keeps what it shows until the new answer is there', async () => {
		const feed = await fed();
		let answer: (page: ImagePage) => void = () => {};
		list.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));

		feed.ask({ q: 'dog' });
		expect(feed.at(0)?.id).toBe('i0');
		answer({ items: [imageOf({ id: 'dog' })], total: 1, total_is_exact: true, next: null });
		await vi.waitFor(() => expect(feed.at(0)?.id).toBe('dog'));

		expect(feed.total).toBe(1);
	});

	it('tells how many of the newest are ranked, until all are', async () => {
		const items = [imageOf({ id: 'only' })];
		list.mockResolvedValueOnce({
			items,
			total: 9000,
			total_is_exact: false,
			next: null,
			ranked: 1000,
		});
		const feed = await fed();
		expect(feed.ranked).toBe(1000);

		list.mockResolvedValueOnce({ items, total: 1, total_is_exact: true, next: null });
		feed.ask({ q: 'dog', sort: 'newest' });
		await vi.waitFor(() => expect(feed.ranked).toBeNull());
	});

	it('learns from the last page how long an estimated list is', async () => {
		const items = [imageOf({ id: 'only' })];
		list.mockResolvedValue({ items, total: 90, total_is_exact: false, next: null });
		const feed = await fed();
		expect(feed.total).toBe(1);
		expect(feed.exact).toBe(true);
	});

	it('is as long as its last page says, whatever else was estimated', async () => {
		const pages = Array.from({ length: 4 }, (_, page) =>
			Array.from({ length: page < 2 ? PAGE : 30 }, (_, at) => imageOf({ id: `${page}-${at}` })),
		);
		list.mockImplementation(async (_query, { skip = 0 }) => {
			const page = skip / PAGE;
			const items = page < 3 ? (pages[page] ?? []) : [];
			return { items, total: 90, total_is_exact: false, next: page < 2 ? 'next' : null };
		});
		const feed = await fed();
		expect(feed.total).toBe(90);

		feed.look(PAGE, PAGE + 10);
		await vi.waitFor(() => expect(feed.at(PAGE)).toBeDefined());
		expect([feed.total, feed.exact]).toEqual([121, false]);

		feed.look(2 * PAGE, 2 * PAGE);
		await vi.waitFor(() => expect(feed.at(2 * PAGE)).toBeDefined());
		expect([feed.total, feed.exact]).toEqual([150, true]);

		feed.look(0, 3 * PAGE);
		await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(4));
		expect([feed.total, feed.exact]).toEqual([150, true]);
	});

	it('does not believe in pictures past an empty page', async () => {
		list.mockImplementation(async (_query, { skip = 0 }) => {
			const items = skip === 0 ? Array.from({ length: PAGE }, () => imageOf()) : [];
			return { items, total: 200, total_is_exact: false, next: skip === 0 ? 'next' : null };
		});
		const feed = await fed();
		expect(feed.total).toBe(200);
		feed.look(2 * PAGE, 2 * PAGE);
		await vi.waitFor(() => expect(feed.total).toBe(2 * PAGE));
	});

	it('has nothing to show for a search that cannot be read', async () => {
		const feed = await fed();
		list.mockRejectedValueOnce(new ProblemError(400, { detail: 'A quote is open.' }));
		feed.ask({ q: '"dog' });
		await vi.waitFor(() => expect(feed.error).toBe('A quote is open.'));
		expect([feed.refused, feed.total, feed.at(0)]).toEqual([true, null, undefined]);

		feed.ask({ q: 'dog' });
		expect(feed.changing).toBe(true);
		await vi.waitFor(() => expect(feed.total).toBe(TOTAL));
		expect([feed.refused, feed.error, feed.changing]).toEqual([false, null, false]);
	});

	it('keeps what it shows when it cannot be had anew', async () => {
		const feed = await fed();
		list.mockRejectedValueOnce(new OfflineError());
		await feed.refresh();
		expect(feed.error).toBe('The gallery cannot be reached.');
		expect([feed.total, feed.at(0)?.id]).toEqual([TOTAL, 'i0']);
	});

	it('says what went wrong and loads when asked again', async () => {
		list.mockRejectedValueOnce(new OfflineError());
		const feed = await fed();
		expect(feed.error).toBe('The gallery cannot be reached.');

		await feed.refresh();
		expect(feed.error).toBeNull();
		expect(feed.total).toBe(TOTAL);
	});
});
