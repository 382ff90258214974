// A certificate for a name that no other machine knows, made by openssl.

import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Makes one that is valid for so many days. Gives its files, and its key as Chromium is told to believe it. */
export async function certificateFor(t, name, days) {
  const dir = await mkdtemp(join(tmpdir(), 'quibble-certificate-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [cert, key] = ['cert.pem', 'key.pem'].map((file) => join(dir, file));
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', `${days}`];
  const whose = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert];
  await promisify(execFile)('openssl', [...made, ...whose]);
  const { publicKey } = new X509Certificate(await readFile(cert));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { cert, key, spki: createHash('sha256').update(spki).digest('base64') };
}
