import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Starts the worker as a process of its own, with the database and the stores of this test. */
export function startWorkerProcess(env: Record<string, string> = {}): ChildProcess {
  const args = ['--conditions=react-server', '--import', 'tsx', 'lib/tasks/worker.ts']
  return spawn(process.execPath, args, { env: { ...process.env, ECS_METRICS_PORT: '', ...env }, stdio: 'ignore' })
}

/** Whether a process has not ended. */
export function isRunning(process: ChildProcess | undefined): process is ChildProcess {
  return process !== undefined && process.exitCode === null && process.signalCode === null
}

/** Kills a process outright, and waits until it is gone. */
export async function killProcess(process: ChildProcess): Promise<void> {
  const ended = once(process, 'exit')
  process.kill('SIGKILL')
  await ended
}
