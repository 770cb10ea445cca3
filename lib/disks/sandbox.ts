import { spawn } from 'node:child_process'

/** What keeps a tool in: a network of its own that leads nowhere, or limits alone where no namespace can be made. */
export type SandboxKind = 'namespaces' | 'limits'

export type SandboxLimits = {
  /** Largest file that may be written. */
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
// Each of these becomes the next by `exec`, so the tool is the very process that we start, and ends when we do: the
// kernel sends it the signal, also after our `kill -9`. It comes after `unshare`, which would forget it.
const tied = ['setpriv', '--pdeathsig', 'KILL', '--no-new-privs']
/** For `setpriv`, where rights cannot be taken from the bounding set: those with which the worker connects machines to a bridge. */
export const withoutAmbient = ['--inh-caps=-all', '--ambient-caps=-all']
const withoutCapabilities = [...tied, '--inh-caps=-all', '--bounding-set=-all']
const ways: { kind: SandboxKind; prefix: string[] }[] = [
  { kind: 'namespaces', prefix: ['unshare', '--net', '--', ...withoutCapabilities] },
  { kind: 'namespaces', prefix: ['unshare', '--user', '--map-root-user', '--net', '--', ...withoutCapabilities] },
  { kind: 'limits', prefix: withoutCapabilities },
  { kind: 'limits', prefix: [...tied, ...withoutAmbient] },
]

/** The best sandbox that this machine has, found by trying a harmless command in each; null where there is none. */
export async function findSandbox(probe: string[]): Promise<Sandbox | null> {
  for (const { kind, prefix } of ways) {
    const command: Sandbox['command'] = (limits, inside) => [...prefix, '--', ...limited(limits), '--', ...inside]
    const end = await runSandboxed(command(probeLimits, probe)).catch(() => null)
    if (end?.code === 0) return { kind, command }
  }
  return null
}

/** Runs a command that `Sandbox.command` made, to its end or until the signal, which kills it. */
export function runSandboxed([program = '', ...args]: string[], run: SandboxedRun = {}): Promise<SandboxedEnd> {
  return new Promise((resolve, reject) => {
    // Not our environment, which holds secrets. A group of its own, so that Ctrl-C is ours to hear.
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
    // Read on when it is more than we keep, or the tool would wait for us.
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
