import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '@/package.json'
import { freePort } from '../embedded/ports'
import { build } from '../start/build'
import { commitOfFiles } from '../start/commit'
import { hasContainerTools } from '../start/deploy-tools.mjs'
import { builtInto } from '../start/test-browser'
import { until, untilTrue } from '../testing/until'
import { buildContainer, canRunContainers, makeBase, removeContainers, runContainer } from './container'
import { pack } from './pack'

// The package's container is built and run as an engine would: not as root, and with a read-only root.

const root = path.resolve(import.meta.dirname, '../..')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-container-'))
const data = path.join(folder, 'data')
const canBuild = canRunContainers() && hasContainerTools() && commitOfFiles(root) !== ''
let container: { root: string; config: string } | undefined

beforeAll(async () => {
  if (!canBuild) return
  await build(builtInto, process.env)
  const packed = await pack(root, builtInto, path.join(folder, 'dist'))
  const missing = await makeBase({ folder })
  // Without a Debian mirror there is no base image.
  if (missing) return console.error(missing)
  container = buildContainer({ folder }, packed)
  fs.mkdirSync(data)
  fs.chownSync(data, 10001, 10001)
})

afterAll(async () => {
  removeContainers({ folder })
  // The kernel ends a killed server's database a moment later.
  await until(() => fs.rmSync(folder, { recursive: true, force: true }))
})

/** Runs the container's program to its end. */
async function said(words: string[]): Promise<string> {
  const child = runContainer(container?.root ?? '', data, { ECS_DATA_DIR: '/data' }, words)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (text += part))
  await new Promise((resolve) => child.once('close', resolve))
  return text
}

test('the container knows its release, and its user can write only to the data folder and temporary files', async (context) => {
  if (!container) return context.skip('buildah, debootstrap, root and a mirror of Debian are needed')
  expect(await said(['--version'])).toBe(`${manifest.version} (${commitOfFiles(root)})\n`)
  expect(JSON.parse(container.config).OCIv1.config).toMatchObject({ User: '10001:10001', Cmd: ['server'] })
  const modules = fs.readdirSync(path.join(container.root, 'opt/open-ecs-console/node_modules'))
  expect(modules.filter((name) => /^(typescript|vitest|prisma|tailwindcss)$/.test(name))).toEqual([])
})

test('the container serves with its own database, as its own user', async (context) => {
  if (!container) return context.skip('buildah, debootstrap, root and a mirror of Debian are needed')
  const port = await freePort()
  const env = { NODE_ENV: 'production', ECS_DATA_DIR: '/data', ECS_DEMO: 'off', PORT: String(port) }
  const server = runContainer(container.root, data, env, ['server'])
  let text = ''
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (part) => (text += part))
  try {
    const ready = async () => {
      if (server.exitCode !== null) throw new Error(text.slice(-2_000))
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
      return answer?.status === 200
    }
    await untilTrue(ready)
    expect((await fetch(`http://127.0.0.1:${port}/sign-in`)).status).toBe(200)
    expect(fs.statSync(path.join(data, 'postgres')).uid).toBe(10001)
  } finally {
    server.kill('SIGKILL')
  }
})
