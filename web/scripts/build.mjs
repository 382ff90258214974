// Builds the three pages and the service worker into ../web-dist, which is committed, and records what it was built from.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(web, '..', 'web-dist');

rmSync(dist, { recursive: true, force: true });
for (const page of ['player', 'host', 'screen']) {
  await build({ configFile: join(web, `vite.${page}.config.ts`), logLevel: 'warn' });
}
await buildServiceWorker();
writeFileSync(join(dist, 'THIRD-PARTY.txt'), notices());
writeFileSync(join(dist, 'SOURCES.sha256'), sourcesHash() + '\n');

// The service worker, with the version of the player's page and the files that the page names.
async function buildServiceWorker() {
  const page = readFileSync(join(dist, 'player.html'), 'utf8');
  const version = createHash('sha256').update(page).digest('hex').slice(0, 8);
  const files = [...new Set(page.match(/\/assets\/[\w.-]+/g))];
  await build({
    configFile: false,
    root: web,
    publicDir: false,
    logLevel: 'warn',
    define: { VERSION: JSON.stringify(version), FILES: JSON.stringify(files) },
    build: {
      target: 'es2020',
      outDir: dist,
      emptyOutDir: false,
      rollupOptions: {
        input: join(web, 'src/sw/sw.ts'),
        output: { format: 'iife', entryFileNames: 'sw.js' },
      },
    },
  });
}

// The fingerprint of the sources. A test in Rust computes it again, so the algorithm is fixed:
// every file under web/, at any depth, outside directories named node_modules; paths relative to web/ with
// forward slashes, sorted by their UTF-8 bytes; for each one the line
//     <path> NUL <lower-case hex SHA-256 of the file's bytes> LF
// and, over all these lines joined together, the lower-case hex SHA-256, written with a final LF.
function sourcesHash() {
  const paths = readdirSync(web, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(web.length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.split('/').includes('node_modules'))
    .map((path) => Buffer.from(path))
    .sort(Buffer.compare);
  const total = createHash('sha256');
  for (const path of paths) {
    const content = createHash('sha256').update(readFileSync(join(web, path.toString())));
    total.update(path).update('\0').update(content.digest('hex')).update('\n');
  }
  return total.digest('hex');
}

// The licences of what the built files carry.
function notices() {
  const packages = {
    svelte: 'LICENSE.md',
    clsx: 'license',
    'svelte-dnd-action': 'LICENSE',
    '@fontsource/caprasimo': 'LICENSE',
    '@fontsource-variable/atkinson-hyperlegible-next': 'LICENSE',
  };
  return Object.entries(packages)
    .map(([name, file]) => {
      const text = readFileSync(join(web, 'node_modules', name, file), 'utf8').replaceAll('\r\n', '\n');
      return `== ${name} ==\n\n${text.trim()}\n`;
    })
    .join('\n');
}
