import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { leanSvelte } from './vite/lean-svelte.ts';

const test = { environment: 'jsdom', restoreMocks: true, css: true } as const;
const ofPlayer = 'src/player/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [svelte()],
        resolve: { conditions: ['browser'] },
        test: {
          ...test,
          name: 'web',
          include: ['src/**/*.test.ts', 'vite/**/*.test.ts'],
          exclude: [ofPlayer],
        },
      },
      {
        // On the runtime that the player's page ships with.
        plugins: [svelte({ dynamicCompileOptions: () => ({ dev: false }) }), leanSvelte()],
        resolve: { conditions: ['browser', 'production'] },
        test: {
          ...test,
          name: 'player',
          include: [ofPlayer],
          server: { deps: { inline: [/svelte/, /esm-env/] } },
        },
      },
    ],
  },
});
