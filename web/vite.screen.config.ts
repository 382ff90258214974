import { defineConfig, mergeConfig } from 'vite';
import { common } from './vite/common.ts';
import { earlyFonts } from './vite/early-fonts.ts';

export default defineConfig(mergeConfig(common(['screen.html'], 'es2020'), { plugins: [earlyFonts()] }));
