import { render, screen } from '@testing-library/svelte';
import { createRawSnippet, flushSync } from 'svelte';
import { expect, it, vi } from 'vitest';
import VirtualList from './VirtualList.svelte';
import type { ListRange } from './virtual-window';

const item = createRawSnippet<[number]>((index) => ({ render: () => `<p>${index()}</p>` }));

it('renders only items near the viewport and reports their range', () => {
	vi.stubGlobal('innerHeight', 800);
	const onrange = vi.fn();
	const list = { columns: 2, rowHeight: 90, gap: 10, label: 'Things', item, onrange };
	render(VirtualList, { count: 1000, ...list });

	expect(screen.getAllByRole('listitem')).toHaveLength(22);
	expect(onrange).toHaveBeenLastCalledWith({ from: 0, to: 21, top: 0, fast: false });
	vi.unstubAllGlobals();
});

it('reports fast scrolling until it settles, even when a frame is late', () => {
	vi.useFakeTimers();
	let top = 0;
	vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(
		() => ({ top }) as DOMRect,
	);
	const onrange = vi.fn<(sight: ListRange) => void>();
	const list = { columns: 2, rowHeight: 90, gap: 10, label: 'Things', item, onrange };
	render(VirtualList, { count: 1000, ...list });
	const isFast = () => onrange.mock.lastCall?.[0].fast;
	const scroll = (pixels: number, milliseconds: number) => {
		vi.advanceTimersByTime(milliseconds);
		top -= pixels;
		dispatchEvent(new Event('scroll'));
		flushSync();
	};

	scroll(10, 16);
	expect(isFast()).toBe(false);
	scroll(60, 16);
	scroll(60, 40);
	expect(isFast()).toBe(true);
	vi.advanceTimersByTime(100);
	flushSync();
	expect(isFast()).toBe(false);

	vi.restoreAllMocks();
	vi.useRealTimers();
});
