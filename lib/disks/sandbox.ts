import { spawn } from 'node:child_process'

/** How a tool is isolated: an isolated network namespace, or resource limits alone where no namespace can be made. */
export type SandboxKind = 'namespaces' | 'limits'

export type SandboxLimits = {
  /** Maximum size of a file that it writes. */
  fileBytes: number
  memoryBytes: number
  processorSeconds: number
  openFiles: number
}

export type Sandbox = { kind: SandboxKind; command: (limits: SandboxLimits, command: string[]) => string[] }

/** How a program in a sandbox ended. */
export type SandboxedEnd = { code: number | null; signal: NodeJS.Signals | null; stderr: string }

export type SandboxedRun = { signal?: AbortSignal | undefined; onOutput?: ((text: string) => void) | undefined }

const stderrKept = 16 * 2 ** 10
const probeLimits: SandboxLimits = { fileBytes: 0, memoryBytes: 2 ** 31, processorSeconds: 10, openFiles: 64 }
// Each of these replaces itself with the next by `exec`, so the tool is the very process that we spawn. The kernel kills it when we
// die, even by `kill -9`. `setpriv` comes after `unshare`, which would clear the parent-death signal.
const tied = ['setpriv', '--pdeathsig', 'KILL', '--no-new-privs']
/**
 * For `setpriv` where the bounding set cannot be changed: drops the ambient capabilities with which the worker attaches machines to a
 * bridge.
 */
export const withoutAmbient = ['--inh-caps=-all', '--ambient-caps=-all']
const withoutCapabilities = [...tied, '--inh-caps=-all', '--bounding-set=-all']
const ways: { kind: SandboxKind; prefix: string[] }[] = [
  { kind: 'namespaces', prefix: ['unshare', '--net', '--', ...withoutCapabilities] },
  { kind: 'namespaces', prefix: ['unshare', '--user', '--map-root-user', '--net', '--', ...withoutCapabilities] },
  { kind: 'limits', prefix: withoutCapabilities },
  { kind: 'limits', prefix: [...tied, ...withoutAmbient] },
]

/** The strongest sandbox that this host supports, found by running a harmless command in each; null if there is none. */
export async function findSandbox(probe: string[]): Promise<Sandbox | null> {
  for (const { kind, prefix } of ways) {
    const command: Sandbox['command'] = (limits, inside) => [...prefix, '--', ...limited(limits), '--', ...inside]
    const end = await runSandboxed(command(probeLimits, probe)).catch(() => null)
    if (end?.code === 0) return { kind, command }
  }
  return null
}

/** Runs a command made by `Sandbox.command` until it exits or the signal kills it. */
export function runSandboxed([program = '', ...args]: string[], run: SandboxedRun = {}): Promise<SandboxedEnd> {
  return new Promise((resolve, reject) => {
    // Not our environment, which holds secrets. A process group of its own, so that Ctrl-C reaches only us.
    const child = spawn(/* turbopackIgnore: true */ program, args, {
      cwd: '/',
      env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const kill = () => child.kill('SIGKILL')
    run.signal?.addEventListener('abort', kill)
    if (run.signal?.aborted) kill()
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => run.onOutput?.(text))
    // Keep reading past the amount we keep, or the tool would block on a full pipe.
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-stderrKept)
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      run.signal?.removeEventListener('abort', kill)
      resolve({ code, signal, stderr })
    })
  })
}

function limited({ fileBytes, memoryBytes, processorSeconds, openFiles }: SandboxLimits): string[] {
  return [
    'prlimit',
    `--fsize=${fileBytes}`,
    `--as=${memoryBytes}`,
    `--cpu=${processorSeconds}`,
    `--nofile=${openFiles}`,
    '--core=0',
  ]
}
