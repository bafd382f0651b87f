import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toasts } from './toasts.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
	for (const { id } of toasts.current) toasts.drop(id);
	vi.useRealTimers();
});

const texts = () => toasts.current.map(({ text }) => text);

it('goes away by itself, later when it offers something', () => {
	toasts.say('Restored.');
	toasts.say('Deleted.', { action: { label: 'Undo', run: vi.fn() } });
	vi.advanceTimersByTime(6000);
	expect(texts()).toEqual(['Deleted.']);
	vi.advanceTimersByTime(6000);
	expect(texts()).toEqual([]);
});

it('stays while it is being read', () => {
	toasts.say('Restored.');
	toasts.held = true;
	vi.advanceTimersByTime(60_000);
	expect(texts()).toEqual(['Restored.']);
	toasts.held = false;
	vi.advanceTimersByTime(2000);
	expect(texts()).toEqual([]);
});

it('does the latest thing that is offered, once', () => {
	const [first, second] = [vi.fn(), vi.fn()];
	toasts.say('One.', { action: { label: 'Undo', run: first } });
	toasts.say('Two.', { action: { label: 'Undo', run: second } });
	toasts.say('Three.');
	expect(toasts.act()).toBe(true);
	expect(second).toHaveBeenCalledOnce();
	expect(toasts.act()).toBe(true);
	expect(first).toHaveBeenCalledOnce();
	expect(toasts.act()).toBe(false);
});
