// Writes src/shared/api-types.ts, the types of what the HTTP interface takes and answers, from openapi.json, which the
// server's tests write. The addresses are left out: no code is checked against them.
// With `--check` it writes nothing and fails when the file is not what it would write.
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));
const target = fileURLToPath(new URL('../src/shared/api-types.ts', import.meta.url));

const types = COMMENT_HEADER + astToString(await openapiTS({ ...source, paths: {} }, { alphabetize: true }));
const written = existsSync(target) ? readFileSync(target, 'utf8') : '';
if (!process.argv.includes('--check')) {
  writeFileSync(target, types);
} else if (written !== types) {
  console.error('src/shared/api-types.ts is stale: run `npm run types`');
  process.exitCode = 1;
}
