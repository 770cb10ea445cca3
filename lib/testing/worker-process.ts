import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export function startWorkerProcess(env: Record<string, string> = {}): ChildProcess {
  const args = ['--conditions=react-server', '--import', 'tsx', 'lib/tasks/worker.ts']
  return spawn(process.execPath, args, { env: { ...process.env, ECS_METRICS_PORT: '', ...env }, stdio: 'ignore' })
}

export function isRunning(process: ChildProcess | undefined): process is ChildProcess {
  return process !== undefined && process.exitCode === null && process.signalCode === null
}

export async function killProcess(process: ChildProcess): Promise<void> {
  const ended = once(process, 'exit')
  process.kill('SIGKILL')
  await ended
}
