import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Drawing } from './render-queue.svelte';

// The clock moves by 3 ms at each look: three cards use up a frame's 6 ms.
beforeEach(() => {
	let now = 0;
	vi.useFakeTimers({ toFake: ['requestAnimationFrame'] });
	vi.spyOn(performance, 'now').mockImplementation(() => (now += 3));
});
afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const drawn = (drawing: Drawing, upTo: number): number[] =>
	Array.from({ length: upTo }, (_, index) => index).filter((index) => drawing.has(index));

it('draws as many in each frame as there is time for, the most urgent first', () => {
	const drawing = new Drawing();
	drawing.want([4, 5, 6, 7, 3, 2]);
	expect(drawn(drawing, 10)).toEqual([]);
	vi.advanceTimersToNextFrame();
	expect(drawn(drawing, 10)).toEqual([4, 5, 6]);
	vi.advanceTimersToNextFrame();
	expect(drawn(drawing, 10)).toEqual([2, 3, 4, 5, 6, 7]);
});

it('drops what is no longer wanted and keeps what still is', () => {
	const drawing = new Drawing();
	drawing.want([0, 1, 2]);
	vi.advanceTimersToNextFrame();
	drawing.want([2, 3]);
	expect(drawn(drawing, 10)).toEqual([2]);
	vi.advanceTimersToNextFrame();
	expect(drawn(drawing, 10)).toEqual([2, 3]);
});

it('draws at once what cannot wait', () => {
	const drawing = new Drawing();
	drawing.now(8);
	expect(drawing.has(8)).toBe(true);
});
