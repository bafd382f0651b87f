import { render, screen } from '@testing-library/svelte';
import { createRawSnippet, flushSync } from 'svelte';
import { expect, it, vi } from 'vitest';
import VirtualList from './VirtualList.svelte';
import type { Sight } from './virtual-window';

const item = createRawSnippet<[number]>((index) => ({ render: () => `<p>${index()}</p>` }));

it('keeps in the page only what is near the window, and tells what that is', () => {
	vi.stubGlobal('innerHeight', 800);
	const onsight = vi.fn();
	const list = { columns: 2, rowHeight: 90, gap: 10, label: 'Things', item, onsight };
	render(VirtualList, { count: 1000, ...list });

	expect(screen.getAllByRole('listitem')).toHaveLength(22);
	expect(onsight).toHaveBeenLastCalledWith({ from: 0, to: 21, top: 0, swift: false });
	vi.unstubAllGlobals();
});

it('takes a late frame in a swift scroll for nothing but a late frame', () => {
	vi.useFakeTimers();
	let top = 0;
	vi.spyOn(Element.prototype, 'getBoundingClientRect').mockImplementation(
		() => ({ top }) as DOMRect,
	);
	const onsight = vi.fn<(sight: Sight) => void>();
	const list = { columns: 2, rowHeight: 90, gap: 10, label: 'Things', item, onsight };
	render(VirtualList, { count: 1000, ...list });
	const isSwift = () => onsight.mock.lastCall?.[0].swift;
	const scroll = (pixels: number, milliseconds: number) => {
		vi.advanceTimersByTime(milliseconds);
		top -= pixels;
		dispatchEvent(new Event('scroll'));
		flushSync();
	};

	scroll(10, 16);
	expect(isSwift()).toBe(false);
	scroll(60, 16);
	scroll(60, 40);
	expect(isSwift()).toBe(true);
	vi.advanceTimersByTime(100);
	flushSync();
	expect(isSwift()).toBe(false);

	vi.restoreAllMocks();
	vi.useRealTimers();
});
