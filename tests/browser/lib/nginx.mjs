// A real proxy before a server: nginx, which shares its host between a Quibble below a path and somebody else.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './quibble.mjs';

const PROGRAM = process.env.QUIBBLE_TEST_NGINX ?? '/usr/sbin/nginx';

/** Starts one at a port: below the path is the server at `to`, which the path is passed on to if `keep`. */
export async function share(t, { port, path, to, keep }) {
  const dir = await mkdtemp(join(tmpdir(), 'quibble-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
  const config = `
    user root; daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr;
    events {}
    http {
      access_log off; ${temporary.join(' ')}
      map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
      server {
        listen 127.0.0.1:${port};
        location = ${path} { return 301 $scheme://$http_host${path}/; }
        location ${path}/ {
          proxy_pass ${to}${keep ? '' : '/'};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
        }
        location / { return 404 "somebody else"; }
      }
    }`;
  await writeFile(join(dir, 'nginx.conf'), config);
  const child = spawn(PROGRAM, ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });
  await until('the proxy passes on', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}/readyz`).catch(() => undefined);
    return answer?.ok;
  });
}
