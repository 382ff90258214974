// Measures what a page downloads, compressed with brotli at level 11, against its budget: for the player's phone
// everything, for the others what they need before they can be used (the page and what it imports statically).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web-dist');
if (!existsSync(dist)) throw new Error('nothing is built: run `npm run build` first');

const atFirst = /(?:from|import)\s*["']\.\/([^"']+\.js)["']/g;
const later = /import\(\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
const budgets = [
  ['player.html', [atFirst, later], 30_000],
  ['screen.html', [atFirst], 40_000],
  ['host.html', [atFirst], 60_000],
];
const chunkBudget = 100_000;

let failed = false;
for (const [page, imports, budget] of budgets) {
  report(page, [page, ...filesOf(page, imports)], budget);
}
for (const file of readdirSync(join(dist, 'assets')).sort()) {
  if (/\.(js|css)$/.test(file)) report(`  ${file}`, [`assets/${file}`], chunkBudget);
}
process.exitCode = failed ? 1 : 0;

function filesOf(page, imports) {
  const html = readFileSync(join(dist, page), 'utf8');
  const found = new Set();
  const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  for (let file = queue.pop(); file; file = queue.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!file.endsWith('.js')) continue;
    const code = readFileSync(join(dist, file), 'utf8');
    for (const pattern of imports) {
      for (const match of code.matchAll(pattern)) queue.push(`assets/${match[1]}`);
    }
  }
  return [...found];
}

function report(label, files, budget) {
  const sizes = files.map((file) => {
    const bytes = readFileSync(join(dist, file));
    return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > budget) failed = true;
  const mark = total > budget ? 'TOO BIG' : 'ok';
  console.log(`${label.padEnd(48)} ${String(total).padStart(7)} / ${budget}  ${mark}`);
}
