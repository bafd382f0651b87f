import { render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { expect, it, vi } from 'vitest';
import Virtual from './Virtual.svelte';

const item = createRawSnippet<[number]>((index) => ({ render: () => `<p>${index()}</p>` }));

it('keeps in the page only what is near the window, and tells what that is', () => {
	vi.stubGlobal('innerHeight', 800);
	const onsight = vi.fn();
	const list = { columns: 2, rowHeight: 90, gap: 10, label: 'Things', item, onsight };
	render(Virtual, { count: 1000, ...list });

	expect(screen.getAllByRole('listitem')).toHaveLength(22);
	expect(onsight).toHaveBeenLastCalledWith({ from: 0, to: 21, top: 0, swift: false });
	vi.unstubAllGlobals();
});
