/** Lint rules, including those that need types. Prettier formats; svelte-check checks types. */
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
	{ ignores: ['dist', 'src/lib/api/schema.d.ts', 'public', 'sdk', '*.config.*'] },
	js.configs.recommended,
	...ts.configs.recommendedTypeChecked,
	...svelte.configs.recommended,
	...svelte.configs.prettier,
	{
		languageOptions: {
			globals: globals.browser,
			parserOptions: {
				projectService: true,
				extraFileExtensions: ['.svelte'],
				tsconfigRootDir: import.meta.dirname,
			},
		},
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
	},
	{
		rules: {
			// Asynchronous interfaces have synchronous implementations, whose errors must reject.
			'@typescript-eslint/require-await': 'off',
			// Most sets and maps are bookkeeping that no markup reads and that need no tracking.
			'svelte/prefer-svelte-reactivity': 'off',
			// Omitting a field from the rest is the use of its name.
			'@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
		},
	},
);
