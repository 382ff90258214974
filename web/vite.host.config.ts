import { defineConfig } from 'vite';
import { common } from './vite/common.ts';

export default defineConfig(common(['host.html', 'screen.html'], 'es2020'));
