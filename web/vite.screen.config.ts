import { defineConfig } from 'vite';
import { common } from './vite/common.ts';

export default defineConfig(common(['screen.html'], 'es2020'));
