import { defineConfig, mergeConfig } from 'vite';
import { common, inlineStyles } from './vite/common.ts';
import { leanSvelte } from './vite/lean-svelte.ts';
import { minifyAgain } from './vite/minify-again.ts';

// Phones keep their browsers newer than televisions do. Private class members, which are all that is used of ES2022,
// run from Chrome 84, Firefox 90 and Safari 15 on, and to imitate them would cost two kilobytes.
export default defineConfig(
  mergeConfig(common(['player.html'], 'es2022'), {
    plugins: [leanSvelte(), inlineStyles(), minifyAgain()],
    build: {
      cssCodeSplit: false,
      rollupOptions: { optimization: { inlineConst: { mode: 'all', pass: 3 } } },
    },
  }),
);
