import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '@/package.json'
import { buildQcow2, buildRawDisk } from '../disks/samples'
import { freePort } from '../embedded/ports'
import { build } from '../start/build'
import { commitOfFiles } from '../start/commit'
import { builtInto } from '../start/test-browser'
import { until } from '../testing/until'
import { type Packed, pack } from './pack'

// Packs the build of the browser tests, unpacks it apart from all other files of the console, and runs it there with an
// embedded database, as on a machine with nothing but Node.

const root = path.resolve(import.meta.dirname, '../..')
const password = 'correct horse battery staple'
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-package-'))
const isPackable = commitOfFiles(root) !== ''
let packed: Packed
let installed: string
let port: number
let server: ChildProcess | undefined
let said = ''

beforeAll(async () => {
  if (!isPackable) return
  await build(builtInto, process.env)
  packed = await pack(root, builtInto, path.join(folder, 'dist'))
  execFileSync('tar', ['--extract', '--file', packed.archive, '--directory', folder])
  installed = path.join(folder, packed.name)
  port = await freePort()
})

afterAll(async () => {
  if (server && server.exitCode === null) {
    server.kill('SIGKILL')
    await once(server, 'close')
  }
  fs.rmSync(folder, { recursive: true, force: true })
})

/** The environment of a service, without ours. */
function environment(): NodeJS.ProcessEnv {
  const own = { PORT: String(port), ECS_DATA_DIR: path.join(folder, 'data'), ECS_DEMO: 'off', ECS_ENV_FILE: '/none' }
  const node = path.dirname(process.execPath)
  return { NODE_ENV: 'production', PATH: `${node}:/usr/local/bin:/usr/bin:/bin`, TMPDIR: folder, ...own }
}

/** Runs the package's program from another folder. */
function run(words: string[], input = '') {
  const program = path.join(installed, 'bin/ecs-console')
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    env: environment(),
    input,
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

const get = (where: string) => fetch(`http://127.0.0.1:${port}${where}`)

test.skipIf(!isPackable)('a package has everything that runs and nothing that only builds or tests', () => {
  const modules = path.join(installed, 'node_modules')
  const names = fs.readdirSync(modules).flatMap((name) => {
    if (!name.startsWith('@')) return [name]
    return fs.readdirSync(path.join(modules, name)).map((inner) => `${name}/${inner}`)
  })
  expect(
    names.filter((name) => /swc-linux|^typescript|biome|^prisma$|playwright|vitest|tailwind|lucide|sharp/.test(name)),
  ).toEqual([])
  const files = fs.readdirSync(installed, { recursive: true, encoding: 'utf8' })
  expect(
    files.filter((file) => /\.(map|d\.ts)$|\.test\.ts$|fixtures\/|^lib\/(testing|bench|mutate)\//.test(file)),
  ).toEqual([])
  expect(packed.bytes).toBeLessThan(250 * 2 ** 20)
})

test.skipIf(!isPackable)('it has the licenses of its dependencies', () => {
  const packages = path.join(installed, 'node_modules')
  const isThere = (name: string) => fs.readdirSync(path.join(packages, name)).some((file) => /^licen[cs]e/i.test(file))
  for (const name of ['next', 'react', 'pg', '7z-wasm', 'zod', '@prisma/client']) expect(isThere(name), name).toBe(true)
  for (const file of ['LICENSE', 'NOTICE']) expect(fs.existsSync(path.join(installed, file))).toBe(true)
})

test.skipIf(!isPackable)('its program prints release and commit, and refuses an unknown command', () => {
  expect(run(['--version']).out).toBe(`${manifest.version} (${commitOfFiles(root)})\n`)
  expect(run(['--help']).out).toContain('Usage: ecs-console ')
  expect(run(['nothing']).code).toBe(2)
})

test.skipIf(!isPackable)('it serves with its embedded database, and is ready', async () => {
  server = spawn(path.join(installed, 'bin/ecs-console'), ['server'], { cwd: '/', env: environment() })
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (text) => (said += text))
  const readiness = async () => await get('/readyz').then((answer) => answer.json())
  await until(async () => expect(await readiness(), said.slice(-2_000)).toMatchObject({ ready: true }))
  expect(await readiness()).toMatchObject({ notReady: [], version: manifest.version })
  expect(said).toMatch(/^Open ECS Console \d/)
  expect(said).toContain('ecs-console account create <username>')
})

test.skipIf(!isPackable)('its sign-in page loads with its styles and scripts', async () => {
  const page = await get('/sign-in')
  expect(page.status).toBe(200)
  const html = await page.text()
  const parts = [...html.matchAll(/(?:href|src)="(\/_next\/static\/[^"]+)"/g)].map(([, part = '']) => part)
  expect(parts.length).toBeGreaterThan(2)
  for (const part of parts) expect((await get(part)).status, part).toBe(200)
  expect((await get('/_next/image?url=%2Ficon.svg&w=64&q=75')).status).toBe(404)
})

test.skipIf(!isPackable)(
  'its command line makes accounts, imports, verifies and backs up, with files named from where one is',
  () => {
    expect(run(['region', 'add', 'xx-test', 'Test']).code).toBe(0)
    expect(run(['account', 'create', 'harbour', '--password-stdin'], password).code).toBe(0)
    fs.writeFileSync(
      path.join(folder, 'disk.qcow2'),
      buildQcow2({ raw: buildRawDisk({ sizeMib: 8, label: 'web-01', seed: 1 }) }),
    )
    const image = ['--account', 'harbour', '--region', 'xx-test', '--name', 'web-01', '--os', 'Debian 12']
    expect(run(['image', 'import', 'disk.qcow2', ...image])).toMatchObject({ code: 0, err: '' })
    expect(run(['verify'])).toMatchObject({ code: 0, err: '' })
    expect(run(['backup', 'kept'])).toMatchObject({ code: 0, err: '' })
    expect(fs.existsSync(path.join(folder, 'kept'))).toBe(true)
  },
)

test.skipIf(!isPackable)('it ends on SIGTERM', async () => {
  server?.kill('SIGTERM')
  if (server && server.exitCode === null) await once(server, 'close')
  expect(server?.exitCode).toBe(0)
})
