import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { onEnd } from './ending'

const ours: ('ignore' | 'inherit')[] = ['ignore', 'inherit', 'inherit']

export const watchdog = loads('watchdog.mjs')

export const metrics = loads('metrics.mjs')

/** One arena: glibc gives each thread its own, and keeps the memory that uploads pass through them, half as much again. */
export const oneHeap = { MALLOC_ARENA_MAX: '1' }

function loads(file: string): string {
  return `--import=${pathToFileURL(path.join(import.meta.dirname, file)).href}`
}

/** Runs a Node program to its end. Throws if it fails. It ends when this process does, however that ends. */
export async function run(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const code = await ends(spawn(process.execPath, [watchdog, ...args], { env, stdio: [...ours, 'ipc'] }))
  if (code !== 0) throw new Error(`${args.join(' ')} failed (${code}).`)
}

export function exitCode(args: string[], env: NodeJS.ProcessEnv): Promise<number | NodeJS.Signals> {
  return ends(spawn(process.execPath, args, { env, stdio: ours }))
}

function ends(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1))
  })
  const forget = onEnd(async () => {
    child.kill()
    await ended
  })
  return ended.finally(forget)
}
