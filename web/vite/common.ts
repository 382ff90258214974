import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin, UserConfig } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What the builds of the pages share. Each page has its own, because one shared module graph would put the host's code
 * into chunks that a player's phone and a big screen download.
 */
export function common(pages: string[], target: string | string[]): UserConfig {
  return {
    root,
    // Where the files are below is the server's to say: among each other they are found by where they are.
    base: './',
    publicDir: false,
    plugins: [svelte(), siteIcons(), pathsOfPages()],
    build: {
      target,
      outDir: '../web-dist',
      emptyOutDir: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rollupOptions: {
        input: pages.map((page) => root + page),
        output: {
          entryFileNames: 'assets/[name]-[hash].js',
          chunkFileNames: 'assets/[name]-[hash].js',
          assetFileNames: 'assets/[name]-[hash][extname]',
        },
      },
    },
    server: {
      proxy: {
        '/api': 'http://127.0.0.1:8080',
        '/qr': 'http://127.0.0.1:8080',
        '/ws': { target: 'ws://127.0.0.1:8080', ws: true },
      },
    },
  };
}

/**
 * Emits the icons and the web app manifest under hashed names, and links them from each page's
 * `<!-- icons -->` line. (Vite rewrites no addresses inside a manifest.)
 */
function siteIcons(): Plugin {
  const read = (name: string) => readFileSync(`${root}src/shared/icons/${name}`);
  const hashed = (name: string, source: Uint8Array | string) => {
    const [stem, extension] = name.split('.');
    return `assets/${stem}-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.${extension}`;
  };
  const files = new Map<string, Uint8Array | string>();
  const add = (name: string, source: Uint8Array | string) => {
    const path = hashed(name, source);
    files.set(path, source);
    return `/${path}`;
  };
  // What a manifest names is found by where the manifest is.
  const beside = (path: string) => path.replace('/assets/', '');
  const svg = add('icon.svg', read('icon.svg'));
  const small = add('icon-192.png', read('icon-192.png'));
  const large = add('icon-512.png', read('icon-512.png'));
  const manifest = add(
    'manifest.webmanifest',
    JSON.stringify({
      name: 'Quibble',
      short_name: 'Quibble',
      start_url: '../',
      display: 'standalone',
      background_color: '#17110d',
      theme_color: '#17110d',
      icons: [
        { src: beside(svg), sizes: 'any', type: 'image/svg+xml' },
        { src: beside(small), sizes: '192x192', type: 'image/png' },
        { src: beside(large), sizes: '512x512', type: 'image/png' },
      ],
    }),
  );
  const links = [
    `<link rel="icon" href="${svg}" type="image/svg+xml" />`,
    `<link rel="apple-touch-icon" href="${small}" />`,
    `<link rel="manifest" href="${manifest}" />`,
  ].join('\n    ');
  return {
    name: 'site-icons',
    apply: 'build',
    generateBundle() {
      for (const [fileName, source] of files) this.emitFile({ type: 'asset', fileName, source });
    },
    transformIndexHtml: (html) => html.replace('<!-- icons -->', links),
  };
}

/** Pages name their files from the root: the same page is shown at paths of many depths. */
function pathsOfPages(): Plugin {
  return {
    name: 'paths-of-pages',
    apply: 'build',
    transformIndexHtml: { order: 'post', handler: (html) => html.replaceAll('"./assets/', '"/assets/') },
  };
}

/** Moves the page's one style sheet into a `<style>` element, so that the first paint waits for nothing. */
export function inlineStyles(): Plugin {
  return {
    name: 'inline-styles',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const sheets = Object.values(bundle).filter((file) => file.fileName.endsWith('.css'));
      const sheet = sheets[0];
      if (sheets.length !== 1 || sheet?.type !== 'asset') throw new Error('one style sheet was expected');
      const text = withoutUnusedProperties(String(sheet.source).replace(/\/\*\$vite.*?\*\//, ''))
        .trim()
        // Beside it no more, but in a page.
        .replaceAll('url(./', 'url(/assets/');
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue;
        const link = new RegExp(`<link rel="stylesheet"[^>]*${sheet.fileName}">`);
        if (!link.test(String(file.source))) throw new Error(`${file.fileName} links no style sheet`);
        file.source = withoutComments(String(file.source).replace(link, () => `<style>${text}</style>`));
      }
      Reflect.deleteProperty(bundle, sheet.fileName);
    },
  };
}

/** A style sheet without the custom properties that nothing in it reads: other pages share the tokens. */
function withoutUnusedProperties(sheet: string): string {
  const used = new Set([...sheet.matchAll(/var\((--[\w-]+)/g)].map((match) => match[1]));
  return sheet.replace(/(--[\w-]+):[^;}]*(;|(?=}))/g, (property, name) => (used.has(name) ? property : ''));
}

/** HTML without comments and indentation. */
function withoutComments(html: string): string {
  return html.replace(/<!--.*?-->/gs, '').replace(/\s*\n\s*/g, '\n');
}
