import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RenderQueue } from './render-queue.svelte';

// The clock advances 3 ms per reading, so three cards use the frame budget of 6 ms.
beforeEach(() => {
	let now = 0;
	vi.useFakeTimers({ toFake: ['requestAnimationFrame'] });
	vi.spyOn(performance, 'now').mockImplementation(() => (now += 3));
});
afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const renderedIndexes = (queue: RenderQueue, upTo: number): number[] =>
	Array.from({ length: upTo }, (_, index) => index).filter((index) => queue.isRendered(index));

it('renders within the frame budget, by priority', () => {
	const queue = new RenderQueue();
	queue.setWanted([4, 5, 6, 7, 3, 2]);
	expect(renderedIndexes(queue, 10)).toEqual([]);
	vi.advanceTimersToNextFrame();
	expect(renderedIndexes(queue, 10)).toEqual([4, 5, 6]);
	vi.advanceTimersToNextFrame();
	expect(renderedIndexes(queue, 10)).toEqual([2, 3, 4, 5, 6, 7]);
});

it('drops indexes that are no longer wanted', () => {
	const queue = new RenderQueue();
	queue.setWanted([0, 1, 2]);
	vi.advanceTimersToNextFrame();
	queue.setWanted([2, 3]);
	expect(renderedIndexes(queue, 10)).toEqual([2]);
	vi.advanceTimersToNextFrame();
	expect(renderedIndexes(queue, 10)).toEqual([2, 3]);
});

it('renders one index immediately', () => {
	const queue = new RenderQueue();
	queue.renderNow(8);
	expect(queue.isRendered(8)).toBe(true);
});
