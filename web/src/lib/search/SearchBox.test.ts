import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeEach, expect, it, vi } from 'vitest';
import * as images from '../api/images';
import type { Tag } from '../api/types';
import SearchBox from './SearchBox.svelte';

vi.mock('../api/images');

const TAG: Tag = {
	label: 'dog',
	kind: 'category',
	wnid: 'n02084071',
	count: 3,
	synonym: null,
};

beforeEach(() => void vi.mocked(images.suggestTags).mockResolvedValue({ items: [TAG] }));

async function openSuggestions() {
	render(SearchBox, { value: '', onsearch: vi.fn() });
	const box = screen.getByRole<HTMLInputElement>('combobox');
	await fireEvent.input(box, { target: { value: 'do' } });
	const tag = await screen.findByRole('option');
	return { box, tag };
}

it('closes the suggestions on the first Escape and leaves the second to the browser', async () => {
	const { box } = await openSuggestions();
	expect(box.getAttribute('aria-expanded')).toBe('true');
	const escape = () => fireEvent.keyDown(box, { key: 'Escape' });
	expect(await escape()).toBe(false);
	expect(box.getAttribute('aria-expanded')).toBe('false');
	expect(await escape()).toBe(true);
});

it('accepts a tag on click, not on pointerdown', async () => {
	const { box, tag } = await openSuggestions();
	await fireEvent.pointerDown(tag);
	expect(box.value).toBe('do');
	await fireEvent.click(tag);
	expect(box.value).toBe('');
	expect(screen.getByRole('button', { name: 'Remove dog' })).toBeTruthy();
});

it('suggests tags with the same label separately with their counts', async () => {
	const one = { ...TAG, label: 'maillot', kind: 'class' } as const;
	const items: Tag[] = [
		{ ...one, wnid: 'n03710637', count: 3 },
		{ ...one, wnid: 'n03710721', count: 2 },
	];
	vi.mocked(images.suggestTags).mockResolvedValue({ items });
	render(SearchBox, { value: '', onsearch: vi.fn() });
	await fireEvent.input(screen.getByRole('combobox'), { target: { value: 'mai' } });
	const tags = await screen.findAllByRole('option');
	const texts = tags.map(({ textContent }) => textContent?.trim().split(/\s+/));
	expect(texts).toEqual([
		['maillot', '3'],
		['maillot', '2'],
	]);
});

it('shows clauses as tokens and removes the last one with Backspace', async () => {
	const onsearch = vi.fn();
	render(SearchBox, { value: 'owl -cat status:failed', onsearch });
	const box = screen.getByRole<HTMLInputElement>('combobox');
	const names = () =>
		screen.queryAllByRole('button').map((button) => button.getAttribute('aria-label'));
	expect(box.value).toBe('owl');
	expect(names()).toEqual(['Remove not cat', 'Remove status: failed']);
	box.setSelectionRange(0, 0);
	await fireEvent.keyDown(box, { key: 'Backspace' });
	expect(names()).toEqual(['Remove not cat']);
	await vi.waitFor(() => expect(onsearch).toHaveBeenCalledWith('-cat owl'));
});

it('turns a typed clause into a token on Enter', async () => {
	const onsearch = vi.fn();
	render(SearchBox, { value: '', onsearch });
	const box = screen.getByRole<HTMLInputElement>('combobox');
	await fireEvent.input(box, { target: { value: 'dog -cat' } });
	await fireEvent.keyDown(box, { key: 'Enter' });
	expect(box.value).toBe('dog');
	expect(screen.getByRole('button', { name: 'Remove not cat' })).toBeTruthy();
	expect(onsearch).toHaveBeenCalledWith('-cat dog');
});
