import { defineConfig, mergeConfig } from 'vite';
import { common } from './vite/common.ts';
import { earlyFonts } from './vite/early-fonts.ts';
import { earlyParts } from './vite/early-parts.ts';
import { partsOfPages } from './vite/parts.ts';

export default defineConfig(
  mergeConfig(common(['host.html'], 'es2020'), {
    plugins: [earlyParts(), earlyFonts()],
    build: {
      rollupOptions: {
        output: {
          codeSplitting: {
            groups: [{ name: partsOfPages, debugName: 'parts', includeDependenciesRecursively: false }],
          },
        },
      },
    },
  }),
);
