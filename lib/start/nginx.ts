import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { installWithApt } from './apt.mjs'

const places = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx']

/** The path of an nginx, installed first if possible; undefined if there is none. */
export function ensureNginx(): string | undefined {
  const found = findNginx()
  if (found) return found
  console.log('Installing nginx (once) …')
  installWithApt(['nginx-light'])
  return findNginx()
}

export function findNginx(): string | undefined {
  return [process.env.NGINX_PATH, ...places].find((place) => place && fs.existsSync(place))
}

/** Starts an nginx that distributes one port's requests round-robin. It ends with this process, however that ends. */
export function startNginx(program: string, folder: string, ports: { own: number; servers: number[] }): ChildProcess {
  const file = path.join(folder, 'nginx.conf')
  fs.writeFileSync(file, configuration(folder, ports))
  const args = ['-p', folder, '-c', file, '-e', path.join(folder, 'nginx.log')]
  // Node cannot end it if we are killed with SIGKILL; Linux can, through setpriv.
  const setpriv = '/usr/bin/setpriv'
  const words = fs.existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM', '--', program, ...args] : [program, ...args]
  const [command = program, ...rest] = words
  return spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] })
}

// One process without a master, so that it keeps our user, root or not. Upstream connections are kept for less than Node's 5 s,
// so that none is reused while the server closes it.
function configuration(folder: string, { own, servers }: { own: number; servers: number[] }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${path.join(folder, `nginx-${kind}`)};`,
  )
  return `daemon off;
master_process off;
pid ${path.join(folder, 'nginx.pid')};
events { worker_connections 1024; }
http {
  access_log off;
${temporary.join('\n')}
  upstream console {
${servers.map((port) => `    server 127.0.0.1:${port} max_fails=0;`).join('\n')}
    keepalive 16;
    keepalive_timeout 4s;
  }
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' '';
  }
  server {
    listen 127.0.0.1:${own};
    client_max_body_size 0;
    large_client_header_buffers 4 16k;
    location / {
      proxy_pass http://console;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_read_timeout 300s;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Id $request_id;
    }
  }
}
`
}
