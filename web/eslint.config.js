import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['src/**/*.{ts,svelte}', '**/*.svelte.ts'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
    rules: {
      // The type checker knows every name, the DOM's types included.
      'no-undef': 'off',
      // The content security policy allows no style attributes.
      'svelte/no-inline-styles': ['error', { allowTransitions: false }],
      'svelte/no-at-html-tags': 'error',
      'svelte/button-has-type': 'error',
      'svelte/require-each-key': 'error',
      'svelte/no-target-blank': 'error',
      'svelte/no-navigation-without-resolve': 'off',
      // Not every collection is state that a template reads.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['scripts/*.mjs', 'vite/*.ts', '*.config.ts', '*.config.js'],
    languageOptions: { globals: globals.node },
  },
  { files: ['vite/lean-svelte/**/*.js'], languageOptions: { globals: globals.browser } },
  { ignores: ['node_modules/', 'src/shared/api-types.ts', 'src/shared/protocol.ts'] },
);
