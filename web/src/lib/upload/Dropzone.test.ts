import { render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import * as jobs from '../api/jobs';
import Dropzone from './Dropzone.svelte';

vi.mock('../api/jobs');
vi.mocked(jobs.readStatus).mockRejectedValue(new Error('not needed'));

afterEach(() => vi.unstubAllGlobals());

it('asks for images, so that phones offer the photo library (P12)', () => {
	render(Dropzone);
	expect(screen.getByLabelText<HTMLInputElement>('Images').accept).toBe('image/*');
});

it('does not ask for a drop on touch screens (P12)', () => {
	const touch = { matches: true, addEventListener() {}, removeEventListener() {} };
	vi.stubGlobal('matchMedia', () => touch);
	render(Dropzone);
	expect(screen.getByRole('heading', { name: 'Add images' })).toBeTruthy();
	expect(screen.queryByText(/drop/i)).toBeNull();
});
