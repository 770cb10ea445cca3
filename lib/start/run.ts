import { spawn } from 'node:child_process'
import { onEnd } from './ending'

/** Runs a Node program to its end, in the foreground. Throws when it fails; ends it when we are told to end. */
export async function run(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const code = await exitCode(args, env)
  if (code !== 0) throw new Error(`${args.join(' ')} failed (${code}).`)
}

/** The same, where a failure is an answer. */
export async function exitCode(args: string[], env: NodeJS.ProcessEnv): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
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
