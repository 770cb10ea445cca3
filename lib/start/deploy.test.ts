import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findNginx } from './nginx'

// What deploy/ offers for other programs is checked by those programs, where they are there.

const root = path.resolve(import.meta.dirname, '../..')
const units = ['open-ecs-console', 'open-ecs-console-worker'].map((name) => `deploy/systemd/${name}.service`)
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')
const systemd = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
const version = Number(/^systemd (\d+)/.exec(systemd.stdout ?? '')?.[1] ?? 0)
const nginx = findNginx()
let folder: string

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-deploy-'))
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

// Offline checks came with systemd 250.
test.skipIf(version < 250)('systemd rates both units as well confined', () => {
  for (const unit of units) {
    const args = ['security', '--offline=true', '--threshold=30', path.join(root, unit)]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    expect(status, `${unit}\n${stdout.split('\n').slice(-3).join('\n')}${stderr}`).toBe(0)
  }
})

test.skipIf(version < 250)('systemd knows every line of both units', () => {
  // It looks for the program, which may be elsewhere on this machine.
  const copies = units.map((unit) => {
    const copy = path.join(folder, path.basename(unit))
    fs.writeFileSync(copy, read(unit).replace('/usr/bin/node', process.execPath))
    return copy
  })
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...copies], { encoding: 'utf8' })
  const about = stderr.split('\n').filter((line) => line.includes(folder) || line.includes('open-ecs-console'))
  expect(about).toEqual([])
})

test('the units start what npm start and npm run worker start', () => {
  const scripts = JSON.parse(read('package.json')).scripts
  const [server, worker] = units.map((unit) => /^ExecStart=\/usr\/bin\/(.*)$/m.exec(read(unit))?.[1])
  expect([`exec ${server}`, `exec ${worker}`]).toEqual([scripts.start, scripts.worker])
})

test.skipIf(!nginx)('nginx takes the site', () => {
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')]
  const subject = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=console',
  ]
  execFileSync('openssl', ['req', ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const site = read('deploy/nginx/open-ecs-console.conf')
    .replace('/etc/ssl/console.example.pem', certificate)
    .replace('/etc/ssl/private/console.example.key', key)
  const file = path.join(folder, 'nginx.conf')
  fs.writeFileSync(file, `pid ${folder}/pid;\nevents {}\nhttp {\naccess_log off;\n${site}}\n`)
  const end = spawnSync(nginx ?? '', ['-t', '-p', folder, '-c', file, '-e', path.join(folder, 'log')], {
    encoding: 'utf8',
  })
  expect(end.status, end.stderr).toBe(0)
})

test('alerts ask for metrics that there are', () => {
  const sources = execFileSync('git', ['ls-files', '-z', 'lib'], { cwd: root }).toString().split('\0')
  const code = sources.filter((file) => /\.ts$/.test(file) && !/\.test\.ts$/.test(file)).map(read)
  const known = new Set(code.flatMap((text) => [...text.matchAll(/'(ecs_[a-z_]+)'/g)].map(([, name]) => name)))
  const asked = [...read('deploy/prometheus/alerts.yml').matchAll(/\becs_[a-z_]+/g)].map(([name]) => name)
  expect(asked.length).toBeGreaterThan(3)
  expect(asked.filter((name) => !known.has(name.replace(/_bucket$/, '')))).toEqual([])
})
