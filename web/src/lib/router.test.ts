import { beforeEach, describe, expect, it } from 'vitest';
import { href, jobHref, router } from './router.svelte';

beforeEach(() => history.replaceState(null, '', '#/'));

describe('the router', () => {
	it.each([
		['#/', 'upload'],
		['#/gallery?sort=oldest', 'gallery'],
		['#/search?q=dog', 'search'],
		['#/trash', 'trash'],
		['#/settings', 'settings'],
		['#/nowhere', 'not-found'],
	])('%s opens the view %s', (address, view) => {
		router.go(address);
		expect(router.view).toBe(view);
	});

	it('parses the job id', () => {
		router.go(jobHref('0198-ab'));
		expect(router.jobId).toBe('0198-ab');
		expect(router.view).toBe('upload');
	});

	it('preserves any query', () => {
		router.go(href('search', { q: 'dog -"sports car" & ü' }));
		expect(router.params.get('q')).toBe('dog -"sports car" & ü');
	});

	it('changes one parameter and keeps the others', () => {
		router.go('#/search?q=dog&min=50');
		router.updateParams({ min: null });
		expect(location.hash).toBe('#/search?q=dog');
	});
});
