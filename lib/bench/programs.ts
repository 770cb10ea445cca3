import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sessionCookie } from '@/lib/auth/session-cookie'
import { freePort } from '../embedded/ports'
import { serverAt } from '../start/build'
import { onEnd } from '../start/ending'
import { oneHeap, watchdog } from '../start/run'
import type { Place } from './place'

export type Running = { url: string; pid: number; stop(): Promise<void> }

type Program = { name: string; command: string; args: string[]; folder: string; env: NodeJS.ProcessEnv }

const patienceMs = 5 * 60_000
const logShown = 3_000

/** Serves the build in a folder from a database. Returns after the first page was answered. */
export async function startServer(place: Place, folder: string, databaseUrl: string, more: Record<string, string>) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = { ...oneHeap, ...place.environment, ...more, DATABASE_URL: databaseUrl, NEXTAUTH_URL: url }
  const args = [watchdog, ...serverAt('127.0.0.1', port)]
  return await startProgram(place, url, { name: `server-${port}`, command: process.execPath, args, folder, env })
}

/** A session as a cookie for a server, named by the server's address. */
export function cookieFor({ url }: Pick<Running, 'url'>, session: string): string {
  return `${sessionCookie(url).name}=${session}`
}

export function consoleFolder(place: Place): string {
  return path.join(place.folder, 'console')
}

/** Runs `npm start` with a separate data folder. Returns after the first page was answered. */
export async function startConsole(place: Place): Promise<Running> {
  const port = String(await freePort())
  // The environment of this process would override what the console sets for itself.
  const { DATABASE_URL, NEXTAUTH_URL, NEXTAUTH_SECRET, ...rest } = place.environment
  const env = {
    ...rest,
    NODE_ENV: 'production' as const,
    ECS_DATA_DIR: consoleFolder(place),
    ECS_DEMO: '',
    HOST: '',
    PORT: port,
  }
  const program = { name: `console-${port}`, command: 'npm', args: ['start'], folder: '.', env }
  return await startProgram(place, `http://127.0.0.1:${port}`, program)
}

/** Runs a Node program to its end. Its output is shown only if it fails. */
export async function runProgram(place: Place, program: Omit<Program, 'command'>): Promise<void> {
  const { child, log, stop } = begin(place, { ...program, command: process.execPath })
  await new Promise((resolve) => child.once('close', resolve))
  await stop()
  if (child.exitCode !== 0) throw new Error(`${program.name} failed.\n${endOf(log)}`)
}

async function startProgram(place: Place, url: string, program: Program): Promise<Running> {
  const { child, log, stop } = begin(place, program)
  for (const until = Date.now() + patienceMs; !(await isAnswering(url)); await sleep(10)) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until)
      throw new Error(`${program.name} does not answer.\n${endOf(log)}`)
  }
  return { url, pid: child.pid ?? 0, stop }
}

// Each program runs in a process group, as in a terminal, and is stopped as a group: npm alone would leave its children.
function begin(place: Place, { name, command, args, folder, env }: Program) {
  const log = path.join(place.folder, `${name}.log`)
  const output = fs.openSync(log, 'w')
  const stdio: ('ignore' | 'ipc' | number)[] = ['ignore', output, output]
  // The IPC channel that the watchdog needs; npm would pass on its number but not the channel.
  if (command === process.execPath) stdio.push('ipc')
  const child = spawn(command, args, { cwd: folder, env, stdio, detached: true })
  fs.closeSync(output)
  child.on('error', () => {})
  const stopGroup = () => stopAll(child)
  const forget = onEnd(stopGroup)
  return { child, log, stop: () => stopGroup().finally(forget) }
}

async function stopAll({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return
  for (const until = Date.now() + 20_000; signalGroup(pid, 0); await sleep(20)) {
    signalGroup(pid, Date.now() < until ? 'SIGINT' : 'SIGKILL')
    // A second Ctrl-C makes some programs stop abruptly, so wait before the next.
    for (let waited = 0; waited < 5_000 && signalGroup(pid, 0); waited += 20) await sleep(20)
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

async function isAnswering(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/sign-in`).catch(() => undefined)
  await answer?.text()
  return answer?.ok === true
}

function endOf(log: string): string {
  return fs.readFileSync(log, 'utf8').slice(-logShown)
}
