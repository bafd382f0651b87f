import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineError } from '../api/client';
import * as images from '../api/images';
import type { ImagePage } from '../api/types';
import { imageOf } from '../testing/shapes';
import { Feed, PAGE } from './feed.svelte';

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

	it('learns from the last page how long an estimated list is', async () => {
		const items = [imageOf({ id: 'only' })];
		list.mockResolvedValue({ items, total: 90, total_is_exact: false, next: null });
		const feed = await fed();
		expect(feed.total).toBe(1);
		expect(feed.exact).toBe(true);
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
