import fs from 'node:fs'
import { migrate, migrationNames } from '../../prisma/migrate'
import { findConnectionProblem } from '../db/connection-check'
import { relieveDatabase } from '../embedded/ballast'
import { lockDataFolder, StartError } from '../embedded/data-folder'
import { runningDatabase } from '../embedded/embedded'
import { DatabaseKeeper } from '../embedded/keeper'
import { becomesFree, isListening } from '../embedded/ports'
import { build, buildFolder, serverAt } from './build'
import { type Child, type Children, keepRunning, metricsPort, worker } from './children'
import { currentCommit } from './commit'
import { forgetHalfADemo, makeDemo } from './demo'
import { announceEnd, end, endOnSignals, isEnding, onEnd } from './ending'
import { readSettings, type Settings, serverEnvironment, workerEnvironment } from './settings'
import { migrated, welcome } from './welcome'

export async function runConsole({ isDevelopment }: { isDevelopment: boolean }): Promise<void> {
  endOnSignals()
  console.log(title())
  try {
    const settings = readSettings(isDevelopment)
    if (settings.databaseUrl) await serveWithOwnDatabase(settings, settings.databaseUrl)
    else await serveEmbedded(settings)
  } catch (error) {
    // Failures caused by our own end are not reported.
    if (!isEnding()) console.error(error instanceof StartError ? error.message : error)
    await end(1)
  }
}

/** Runs only a worker, with DATABASE_URL, else with the embedded database of the console on the same data folder. */
export async function runWorker(): Promise<void> {
  endOnSignals()
  console.log(title())
  try {
    const settings = readSettings(false)
    const { dataFolder } = settings
    const url = settings.databaseUrl ?? (await runningDatabase(dataFolder))
    if (!url) throw new StartError(`No console runs from ${dataFolder}. Start it first, or set DATABASE_URL.`)
    if (settings.databaseUrl) await bringUpToDate(url)
    const children = keepRunning([workerOf()], workerEnvironment(settings, url))
    onEnd(() => children.stop())
    await children.ready
    if (!settings.databaseUrl) followDatabase(settings, url, children)
    console.log('A worker of Open ECS Console runs. Ctrl-C ends it.')
  } catch (error) {
    if (!isEnding()) console.error(error instanceof StartError ? error.message : error)
    await end(1)
  }
}

function title(): string {
  const { version }: { version: string } = JSON.parse(fs.readFileSync('package.json', 'utf8'))
  const commit = currentCommit()
  return `Open ECS Console ${version}${commit ? ` (${commit})` : ''}, Node ${process.version}`
}

// The console may restart with its database on another port.
function followDatabase(settings: Settings, first: string, children: Children): void {
  let known = first
  const look = async () => {
    const url = await runningDatabase(settings.dataFolder).catch(() => null)
    if (!url || url === known) return
    known = url
    children.restart(workerEnvironment(settings, url))
  }
  setInterval(look, 2_000)
}

async function serveWithOwnDatabase(settings: Settings, url: string): Promise<void> {
  fs.mkdirSync(settings.dataFolder, { recursive: true, mode: 0o700 })
  await requireFreePort(settings)
  await bringUpToDate(url)
  await serve(settings, { url })
}

async function serveEmbedded(settings: Settings): Promise<void> {
  await relieveDatabase(settings.dataFolder)
  const lock = await lockDataFolder(settings.dataFolder, 'server')
  onEnd(async () => lock.release())
  announceEnd(() => lock.say('ending'))
  await requireFreePort(settings)
  let children: Children | undefined
  const database = new DatabaseKeeper(settings.dataFolder, {
    ballastBytes: settings.ballastBytes,
    onMove: (url) => children?.restart(serverEnvironment(settings, url)),
    onLost: (error) => {
      console.error(error instanceof StartError ? error.message : error)
      void end(1)
    },
  })
  // Registered before the start is complete, so that an interrupted start is cleaned up.
  onEnd(() => database.stop())
  await database.start()
  await forgetHalfADemo(settings.dataFolder, database.url)
  await bringUpToDate(database.url)
  await makeDemo(settings.dataFolder, serverEnvironment(settings, database.url))
  lock.say('open')
  children = await serve(settings, database)
}

function processes({ isDevelopment, host, port, url }: Settings): Child[] {
  const args = serverAt(host, port, { isDevelopment })
  const isReady = () => isListening(port, new URL(url).hostname)
  const server = { name: 'server', args, isReady, env: metricsPort(0) }
  return process.env.ECS_WORKER === 'off' ? [server] : [server, workerOf()]
}

function workerOf(): Child {
  return { ...worker, env: metricsPort(1) }
}

async function serve(settings: Settings, database: { url: string }): Promise<Children> {
  if (!settings.isDevelopment) await build(buildFolder(), process.env)
  await requireFreePort(settings)
  const children = keepRunning(processes(settings), serverEnvironment(settings, database.url))
  onEnd(() => children.stop())
  await children.ready
  await welcome(settings, database.url)
  return children
}

async function bringUpToDate(url: string): Promise<void> {
  const { host, pathname } = new URL(url)
  const fail = (error: unknown) => {
    throw new StartError(`The database ${host}${pathname} could not be brought up to date.\n${reason(error)}`)
  }
  const problem = await findConnectionProblem(url).catch(fail)
  if (problem) throw new StartError(`The database ${host}${pathname} cannot be used.\n${problem}`)
  const line = migrated(await migrate(url).catch(fail), migrationNames())
  if (line) console.log(line)
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('\n')
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n${reason(error.cause)}`
}

async function requireFreePort({ host, port }: Settings): Promise<void> {
  if (await becomesFree(port, host)) return
  throw new StartError(`Port ${port} on ${host} is in use by another program. Choose another: PORT=${port + 1}`)
}
