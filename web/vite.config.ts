/// <reference types="node" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	// Relative URLs, so that the build works at the root and below any path.
	base: './',
	plugins: [svelte(), svelteTesting()],
	build: {
		// First versions with light-dark(), which tokens.css uses.
		target: ['chrome123', 'firefox120', 'safari17.5'],
		// data: URLs would need a wider Content-Security-Policy.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		rollupOptions: { input: ['index.html', 'docs/index.html'] },
	},
	server: {
		host: '127.0.0.1',
		proxy: { '/api': process.env.GALLERY_API ?? 'http://127.0.0.1:8000' },
	},
	test: {
		environment: 'happy-dom',
		include: ['src/**/*.test.ts', 'src/**/*.test.svelte.ts'],
		restoreMocks: true,
	},
});
