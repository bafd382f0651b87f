import { beforeEach, describe, expect, it } from 'vitest';
import { href, jobHref, router } from './router.svelte';

beforeEach(() => history.replaceState(null, '', '#/'));

describe('the address', () => {
	it.each([
		['#/', 'upload'],
		['#/gallery?sort=oldest', 'gallery'],
		['#/search?q=dog', 'search'],
		['#/trash', 'trash'],
		['#/nowhere', 'upload'],
	])('%s leads to %s', (address, view) => {
		router.go(address);
		expect(router.view).toBe(view);
	});

	it('names a job', () => {
		router.go(jobHref('0198-ab'));
		expect(router.jobId).toBe('0198-ab');
		expect(router.view).toBe('upload');
	});

	it('carries any search there and back', () => {
		router.go(href('search', { q: 'dog -"sports car" & ü' }));
		expect(router.params.get('q')).toBe('dog -"sports car" & ü');
	});

	it('changes one thing and leaves the others', () => {
		router.go('#/search?q=dog&min=50');
		router.amend({ min: null });
		expect(location.hash).toBe('#/search?q=dog');
	});
});
