import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentCommit } from './commit'
import { metrics, oneHeap, watchdog } from './run'

export type Child = {
  name: string
  args: string[]
  env?: Record<string, string>
  /** Whether it works yet; by default as soon as it runs. */
  isReady?: () => Promise<boolean>
  output?: number
}

export type Children = {
  /** Resolves once each has been ready. Rejects if one never becomes ready. */
  ready: Promise<void>
  /** Restarts all with another environment. */
  restart(env: NodeJS.ProcessEnv): void
  stop(): Promise<void>
}

export const worker: Child = {
  name: 'worker',
  args: ['--conditions=react-server', '--import', 'tsx', 'lib/tasks/worker.ts'],
}

/** The metrics port of a process: ECS_METRICS_PORT for the server, the next one for the worker. Empty if it is not set. */
export function metricsPort(next: 0 | 1): Record<string, string> {
  const port = Number(process.env.ECS_METRICS_PORT || 0)
  return port > 0 ? { ECS_METRICS_PORT: String(port + next) } : {}
}

const firstTries = 3
const waitMaxMs = 10_000
const longLifeMs = 60_000
const stopPatienceMs = 10_000

/** Keeps processes running until told to stop: one that ends is restarted, with growing delays if it ends soon. */
export function keepRunning(children: Child[], env: NodeJS.ProcessEnv): Children {
  const kept = children.map((child) => new KeptProcess(child, env))
  return {
    ready: Promise.all(kept.map((process) => process.ready)).then(() => {}),
    restart: (changed) => {
      for (const process of kept) process.restart(changed)
    },
    stop: async () => void (await Promise.all(kept.map((process) => process.stop()))),
  }
}

class KeptProcess {
  readonly ready: Promise<void>
  private readonly whole: Promise<void>
  private readonly stopping = new AbortController()
  private current: ChildProcess | undefined
  private isEndWanted = false

  constructor(
    private readonly child: Child,
    private env: NodeJS.ProcessEnv,
  ) {
    let whole: Promise<void> = Promise.resolve()
    this.ready = new Promise((resolve, reject) => {
      whole = this.live(resolve).catch(reject)
    })
    this.whole = whole
  }

  restart(env: NodeJS.ProcessEnv): void {
    this.env = env
    this.isEndWanted = true
    this.current?.kill()
  }

  async stop(): Promise<void> {
    const last = this.current
    this.stopping.abort()
    last?.kill()
    const harsh = setTimeout(() => last?.kill('SIGKILL'), stopPatienceMs)
    await this.whole
    clearTimeout(harsh)
  }

  private async live(announce: () => void): Promise<void> {
    const { signal } = this.stopping
    for (let failures = 0, wasReady = false; !signal.aborted; ) {
      const began = Date.now()
      this.isEndWanted = false
      const process = start(this.child, this.env)
      this.current = process
      const ended = howItEnds(process)
      wasReady = (await Promise.race([becomesReady(this.child, process), ended.then(() => false)])) || wasReady
      if (wasReady) announce()
      const how = await ended
      if (signal.aborted || this.isEndWanted) continue
      failures = Date.now() - began > longLifeMs ? 1 : failures + 1
      if (!wasReady && failures === firstTries) throw new Error(`The ${this.child.name} does not start (${how}).`)
      const wait = Math.min(250 * 2 ** failures, waitMaxMs)
      console.error(`The ${this.child.name} ended (${how}); it starts again in ${wait / 1_000} s.`)
      await sleep(wait, undefined, { signal }).catch(() => {})
    }
  }
}

function start(child: Child, env: NodeJS.ProcessEnv): ChildProcess {
  // In NODE_OPTIONS, because `next dev` serves from a child process, which must end too.
  const options = `${env.NODE_OPTIONS ?? ''} ${watchdog} ${metrics}`.trim()
  const output = child.output ?? 'inherit'
  return spawn(process.execPath, child.args, {
    env: { ...oneHeap, ECS_COMMIT: currentCommit(), ...env, ...child.env, NODE_OPTIONS: options },
    stdio: ['ignore', output, output, 'ipc'],
  })
}

async function becomesReady(child: Child, process: ChildProcess): Promise<boolean> {
  while (process.exitCode === null && process.signalCode === null) {
    if (!child.isReady || (await child.isReady())) return true
    await sleep(50)
  }
  return false
}

function howItEnds(process: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    process.once('error', (error) => resolve(error.message))
    process.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
  })
}
