import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPromtool } from './deploy-tools.mjs'
import { findNginx } from './nginx'

type Dashboard = {
  panels: { gridPos: { x: number; y: number; w: number; h: number }; targets?: { expr: string }[] }[]
}

// The files in deploy/ are checked by the programs that read them, where those are installed.

const root = path.resolve(import.meta.dirname, '../..')
const units = ['open-ecs-console', 'open-ecs-console-worker'].map((name) => `deploy/systemd/${name}.service`)
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')
const systemd = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
const version = Number(/^systemd (\d+)/.exec(systemd.stdout ?? '')?.[1] ?? 0)
const nginx = findNginx()
const promtool = findPromtool()
const dashboard: Dashboard = JSON.parse(read('deploy/grafana/open-ecs-console.json'))
const questions = questionsOf(dashboard)
const metrics = metricsOfCode()
/** Labels that Prometheus adds itself. */
const everyLabel = ['job', 'instance', 'le']
let folder: string

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-deploy-'))
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

// systemd can check units offline since version 250.
test.skipIf(version < 250)('systemd rates both units as well confined', () => {
  for (const unit of units) {
    const args = ['security', '--offline=true', '--threshold=30', path.join(root, unit)]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    expect(status, `${unit}\n${stdout.split('\n').slice(-3).join('\n')}${stderr}`).toBe(0)
  }
})

test.skipIf(version < 250)('systemd knows every line of both units', () => {
  // The check looks for the program, which is not installed on a test machine.
  const program = path.join(root, 'lib/start/ecs-console')
  const copies = units.map((unit) => {
    const copy = path.join(folder, path.basename(unit))
    fs.writeFileSync(copy, read(unit).replaceAll('/opt/open-ecs-console/bin/ecs-console', program))
    return copy
  })
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...copies], { encoding: 'utf8' })
  const about = stderr.split('\n').filter((line) => line.includes(folder) || line.includes('open-ecs-console'))
  expect(about).toEqual([])
})

test('the compose file sets only settings that exist, and starts programs of the package', () => {
  const compose = read('deploy/container/compose.yaml')
  const settings = read('docs/settings.md')
  const named = [...compose.matchAll(/^ {2}((?:ECS|NEXTAUTH|DATABASE)_\w+):|ECS_WORKER/gm)].map(
    ([all, name]) => name ?? all,
  )
  expect(named.length).toBeGreaterThan(6)
  const known = (name: string) =>
    settings.includes(`\`${name.replace(/^ECS_STORE_CN_SHANGHAI/, 'ECS_STORE_<REGION>')}\``)
  expect(named.filter((name) => !known(name))).toEqual([])
  // podman-compose 1.0 knows required values, but not their messages.
  const needed = [...compose.matchAll(/\$\{\w+:\?([^}]*)\}/g)].map(([, message]) => message)
  expect([...new Set(needed)]).toEqual(['set it in .env'])
  expect([...compose.matchAll(/command: \[(\w+)\]/g)].map(([, word]) => word)).toEqual(['server', 'worker'])
})

test('the units start the program of a package', () => {
  const started = units.map((unit) => /^ExecStart=\/opt\/open-ecs-console\/(.*)$/m.exec(read(unit))?.[1])
  expect(started).toEqual(['bin/ecs-console server', 'bin/ecs-console worker'])
  expect(read('lib/start/ecs-console')).toMatch(/^ {2}server\) .*\n {2}worker\) /m)
  expect(fs.statSync(path.join(root, 'lib/start/ecs-console')).mode & 0o111).toBe(0o111)
})

test('a migration by hand reads the database from the settings file, as the services do', () => {
  const file = path.join(folder, 'settings.env')
  fs.writeFileSync(file, 'DATABASE_URL=postgresql://console:-@127.0.0.1:1/console\n')
  const env = { NODE_ENV: 'production', PATH: process.env.PATH, ECS_ENV_FILE: file } as const
  const { stderr } = spawnSync('lib/start/ecs-console', ['migrate'], { cwd: root, env, encoding: 'utf8' })
  expect(stderr).toContain('ECONNREFUSED 127.0.0.1:1')
})

test('a worker that ends or runs out of memory takes no machine with it', () => {
  const worker = read('deploy/systemd/open-ecs-console-worker.service')
  expect(worker).toMatch(/^KillMode=process$/m)
  expect(worker).toMatch(/^OOMPolicy=continue$/m)
})

test.skipIf(!nginx)('nginx accepts the site, also with the additions in docs/operations.md for several servers', () => {
  const site = read('deploy/nginx/open-ecs-console.conf')
  const [upstream = '', location = ''] = [...read('docs/operations.md').matchAll(/^```nginx\n(.*?)^```$/gms)].map(
    ([, block = '']) => block,
  )
  const several = site.replace(/^upstream .*?^}\n/ms, upstream).replace('  location / {', `${location}  location / {`)
  expect([upstream, location].map((block) => several.includes(block))).toEqual([true, true])
  for (const text of [site, several]) expectNginxTakes(text)
})

function expectNginxTakes(site: string): void {
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
  const tried = site
    .replace('/etc/ssl/console.example.pem', certificate)
    .replace('/etc/ssl/private/console.example.key', key)
  const file = path.join(folder, 'nginx.conf')
  fs.writeFileSync(file, `pid ${folder}/pid;\nevents {}\nhttp {\naccess_log off;\n${tried}}\n`)
  const end = spawnSync(nginx ?? '', ['-t', '-p', folder, '-c', file, '-e', path.join(folder, 'log')], {
    encoding: 'utf8',
  })
  expect(end.status, end.stderr).toBe(0)
}

test.skipIf(!promtool)('Prometheus accepts its configuration and the alerts', () => {
  const args = ['check', 'config', path.join(root, 'deploy/prometheus/prometheus.yml')]
  const { status, stdout, stderr } = spawnSync(promtool ?? '', args, { encoding: 'utf8' })
  expect(status, `${stdout}${stderr}`).toBe(0)
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
})

test.skipIf(!promtool)('Prometheus accepts every query of the dashboard', () => {
  const rules = questions.map((expr, index) => ({ record: `dashboard:${index}`, expr }))
  const file = path.join(folder, 'dashboard.yml')
  // JSON is valid YAML.
  fs.writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
  const { status, stdout, stderr } = spawnSync(promtool ?? '', ['check', 'rules', file], { encoding: 'utf8' })
  expect(status, `${stdout}${stderr}`).toBe(0)
})

test('alerts and dashboard use existing metrics and labels', () => {
  const alerts = [...read('deploy/prometheus/alerts.yml').matchAll(/expr: (.*)/g)].map(([, expr = '']) => expr)
  expect([alerts.length, questions.length].map((count) => count > 5)).toEqual([true, true])
  const unknown = [...alerts, ...questions].flatMap((expr) => {
    const names = [...expr.matchAll(/\becs_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''))
    const labels = new Set([...everyLabel, ...names.flatMap((name) => metrics.get(name) ?? [])])
    const asked = [...expr.matchAll(/by \(([^)]*)\)|\{([^}]*)\}/g)].flatMap(([, by, where]) =>
      (by ?? (where ?? '').replace(/[!=]?[=~]+"[^"]*"/g, '')).split(',').map((label) => label.trim()),
    )
    return [...names.filter((name) => !metrics.has(name)), ...asked.filter((label) => !labels.has(label))]
  })
  expect(unknown).toEqual([])
})

test('every metric of the console is on the dashboard', () => {
  expect([...metrics.keys()].filter((name) => !questions.some((expr) => expr.includes(name)))).toEqual([])
})

test('no two panels of the dashboard overlap', () => {
  const taken = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
  )
  expect(new Set(taken).size).toBe(taken.length)
  expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
})

/** The metrics of the console with their labels, from the code. */
function metricsOfCode(): Map<string, string[]> {
  const sources = execFileSync('git', ['ls-files', '-z', 'lib'], { cwd: root }).toString().split('\0')
  const code = sources.filter((file) => /\.ts$/.test(file) && !/\.test\.ts$/.test(file)).map(read)
  const made = /(?:gauge|counter|histogram)\(\s*'(ecs_[a-z_]+)',[^[]*\[([^\]]*)\]/g
  return new Map(
    code.flatMap((text) =>
      [...text.matchAll(made)].map(([, name = '', labels = '']): [string, string[]] => [
        name,
        [...labels.matchAll(/'(\w+)'/g)].map(([, label = '']) => label),
      ]),
    ),
  )
}

/** The queries of the dashboard's panels, with a value for each of Grafana's variables. */
function questionsOf({ panels }: Dashboard): string[] {
  return panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*')),
  )
}
