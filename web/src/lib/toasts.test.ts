import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toasts } from './toasts.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
	for (const { id } of toasts.current) toasts.dismiss(id);
	vi.useRealTimers();
});

const texts = () => toasts.current.map(({ text }) => text);

it('expires, later when it has an action', () => {
	toasts.show('Restored.');
	toasts.show('Deleted.', { action: { label: 'Undo', run: vi.fn() } });
	vi.advanceTimersByTime(6000);
	expect(texts()).toEqual(['Deleted.']);
	vi.advanceTimersByTime(6000);
	expect(texts()).toEqual([]);
});

it('does not expire while paused', () => {
	toasts.show('Restored.');
	toasts.paused = true;
	vi.advanceTimersByTime(60_000);
	expect(texts()).toEqual(['Restored.']);
	toasts.paused = false;
	vi.advanceTimersByTime(2000);
	expect(texts()).toEqual([]);
});

it('runs the latest action once', () => {
	const [first, second] = [vi.fn(), vi.fn()];
	toasts.show('One.', { action: { label: 'Undo', run: first } });
	toasts.show('Two.', { action: { label: 'Undo', run: second } });
	toasts.show('Three.');
	expect(toasts.runAction()).toBe(true);
	expect(second).toHaveBeenCalledOnce();
	expect(toasts.runAction()).toBe(true);
	expect(first).toHaveBeenCalledOnce();
	expect(toasts.runAction()).toBe(false);
});
