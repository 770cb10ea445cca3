import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { migrate } from '../../prisma/migrate'
import { StartError } from '../embedded/data-folder'
import { startDatabase } from '../embedded/embedded'
import { freePort, isListening } from '../embedded/ports'
import { S3Server } from '../stores/fixtures/s3-server'
import { build, serverAt } from './build'
import { type Child, keepRunning, worker } from './children'
import { ensureChromium } from './chromium.mjs'
import { makeDemo } from './demo'
import { end, endOnSignals, isEnding, onEnd } from './ending'
import { ensureNginx, startNginx } from './nginx'
import { isGood, summary } from './tally'
import { builtInto, runPlaywright } from './test-browser'
import { welcome } from './welcome'

// `npm run cluster`: the console as several processes on one machine, as an operator would run it on several: two
// servers behind nginx, a worker, a PostgreSQL, one region in a folder and one in a bucket. `-- --test [file …]` runs
// the browser tests against it. Everything is in a temporary folder and removed afterwards.

type Ports = { own: number; servers: number[]; metrics: number }

export async function runCluster(words: string[]): Promise<void> {
  const isTest = words[0] === '--test'
  endOnSignals(isTest ? 130 : 0)
  try {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-cluster-'))
    onEnd(async () => fs.rmSync(folder, { recursive: true, force: true }))
    const nginx = ensureNginx()
    if (!nginx) return await endWithoutNginx(isTest)
    const ports = { own: await freePort(), servers: [await freePort(), await freePort()], metrics: await freePort() }
    const env = await environment(folder, ports, isTest)
    await build(builtInto, env)
    if (!isTest) await makeDemo(path.join(folder, 'data'), env)
    const logs = await startProcesses(folder, ports, env)
    await startProxy(nginx, folder, ports)
    if (isTest) await test({ folder, files: words.slice(1) }, env, logs)
    else await tell(folder, ports, env)
  } catch (error) {
    if (!isEnding()) console.error(error instanceof StartError ? error.message : error)
    await end(1)
  }
}

// As without a browser: what cannot be tested on this machine is reported, and is not a failure.
async function endWithoutNginx(isTest: boolean): Promise<void> {
  console.error('There is no nginx and none could be installed. Install one and set NGINX_PATH.')
  if (isTest) console.error('The tests of the cluster are skipped.')
  await end(isTest ? 0 : 1)
}

async function environment(folder: string, ports: Ports, isTest: boolean): Promise<NodeJS.ProcessEnv> {
  const dataFolder = path.join(folder, 'data')
  fs.mkdirSync(dataFolder, { mode: 0o700 })
  // In separate folders, as if on separate machines.
  const starting = startDatabase(path.join(folder, 'database'), { throwaway: true })
  onEnd(() => starting.then((database) => database.stop()).catch(() => {}))
  const { url } = await starting
  await migrate(url)
  const bucket = new S3Server()
  onEnd(() => bucket.stop())
  await bucket.start()
  return {
    ...process.env,
    NODE_ENV: 'production',
    NEXT_DIST_DIR: builtInto,
    NEXT_TELEMETRY_DISABLED: '1',
    DATABASE_URL: url,
    ECS_DATA_DIR: dataFolder,
    ECS_TRUSTED_PROXIES: '1',
    // Emulation on, as with `npm start`, because this is one person's machine.
    ECS_MACHINE_EMULATION: 'allow',
    // Tests use emulation, so that guests behave the same on every computer.
    ...(isTest ? { ECS_UPLOAD_CHUNK: process.env.ECS_UPLOAD_CHUNK || '1MiB', ECS_MACHINE_ACCELERATOR: 'tcg' } : {}),
    ECS_STORE_CN_SHENZHEN: `s3://images/shenzhen?endpoint=${bucket.settings().endpoint}`,
    ECS_STORE_CN_SHENZHEN_ACCESS_KEY_ID: 'S3RVER',
    ECS_STORE_CN_SHENZHEN_SECRET_ACCESS_KEY: 'S3RVER',
    NEXTAUTH_SECRET: randomBytes(32).toString('base64url'),
    NEXTAUTH_URL: `http://127.0.0.1:${ports.own}`,
  }
}

async function startProcesses(folder: string, ports: Ports, env: NodeJS.ProcessEnv): Promise<string[]> {
  const log = (name: string) => path.join(folder, `${name}.log`)
  const child = (child: Child, index: number): Child => ({
    ...child,
    env: { ECS_METRICS_PORT: String(ports.metrics + index) },
    output: fs.openSync(log(child.name), 'a'),
  })
  const servers = ports.servers.map((port, index) => ({
    name: `server-${index + 1}`,
    args: serverAt('127.0.0.1', port),
    isReady: () => isListening(port, '127.0.0.1'),
  }))
  const all = [...servers, worker].map(child)
  const children = keepRunning(all, env)
  onEnd(() => children.stop())
  await children.ready
  return all.map(({ name }) => log(name))
}

async function startProxy(program: string, folder: string, ports: Ports): Promise<void> {
  const nginx = startNginx(program, folder, ports)
  const ended = new Promise<void>((resolve) => nginx.once('close', () => resolve()))
  onEnd(async () => {
    nginx.kill()
    await ended
  })
  while (!(await isListening(ports.own, '127.0.0.1'))) {
    if (hasEnded(nginx))
      throw new StartError(`nginx does not start.\n${fs.readFileSync(path.join(folder, 'nginx.log'))}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function hasEnded(process: ChildProcess): boolean {
  return process.exitCode !== null || process.signalCode !== null
}

async function test(place: { folder: string; files: string[] }, env: NodeJS.ProcessEnv, logs: string[]): Promise<void> {
  const chromium = await ensureChromium()
  if (!chromium) {
    console.error('There is no Chromium and none could be installed; the tests of the cluster are skipped.')
    return await end(0)
  }
  const tally = await runPlaywright(place, { ...env, CHROMIUM_PATH: chromium }, [])
  if (isEnding()) return
  if (tally.failed > 0)
    for (const log of logs) console.error(`\nThe end of ${log}:\n${fs.readFileSync(log, 'utf8').slice(-2_000)}`)
  console.log(`\n${summary(tally)}`)
  await end(isGood(tally) ? 0 : 1)
}

async function tell(folder: string, ports: Ports, env: NodeJS.ProcessEnv): Promise<void> {
  const { DATABASE_URL = '', NEXTAUTH_URL = '' } = env
  const settings = { isDevelopment: false, host: '127.0.0.1', port: ports.own, url: NEXTAUTH_URL, ballastBytes: 0 }
  await welcome({ ...settings, dataFolder: path.join(folder, 'data'), databaseUrl: undefined }, DATABASE_URL)
  const metrics = [0, 1, 2].map((index) => ports.metrics + index).join(', ')
  console.log(`  Servers: ${ports.servers.join(', ')} · metrics: ${metrics} · logs: ${folder}/*.log\n`)
}
