import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { env } from '@/lib/env'
import { findSandbox, runSandboxed, type Sandbox, type SandboxedEnd } from '../sandbox'

// Debian keeps file system tools outside an ordinary user's PATH.
const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin']
const names = ['debugfs', 'e2fsck', 'qemu-img'] as const
type Name = (typeof names)[number]

const limits = { memoryBytes: 2 * 2 ** 30, processorSeconds: 60 * 60, openFiles: 64 }

/** Runs the tools that change file systems, each in a sandbox. */
export type CleanTools = {
  sandbox: Sandbox['kind']
  run: (name: Name, args: string[], options: RunOptions) => Promise<ToolEnd>
}
/** `isCut`: the tool printed more than was kept, so `stdout` is incomplete. */
export type ToolEnd = SandboxedEnd & { stdout: string; isCut: boolean }
export type RunOptions = { signal: AbortSignal; fileBytes: number; onOutput?: (text: string) => void }

/** Maximum length of a tool's output that is kept. */
const outputMax = 16 * 1024 ** 2

/** Finds the tools; null if one is missing, nothing can limit them, or a required sandbox cannot be made. */
export async function findCleanTools(): Promise<CleanTools | null> {
  const found = new Map(names.map((name) => [name, locate(name)]))
  const probe = found.get('qemu-img')
  if (!probe || [...found.values()].includes(null)) return null
  const sandbox = await findSandbox([probe, '--version'])
  if (!sandbox || (sandbox.kind === 'limits' && env().ECS_REQUIRE_SANDBOX)) return null
  return {
    sandbox: sandbox.kind,
    run: async (name, args, { signal, fileBytes, onOutput }) => {
      let stdout = ''
      let isCut = false
      const command = sandbox.command({ ...limits, fileBytes }, [found.get(name) ?? name, ...args])
      const end = await runSandboxed(command, {
        signal,
        onOutput: (text) => {
          isCut ||= stdout.length + text.length > outputMax
          if (!isCut) stdout += text
          onOutput?.(text)
        },
      })
      signal.throwIfAborted()
      return { ...end, stdout, isCut }
    },
  }
}

function locate(name: Name): string | null {
  for (const folder of folders) {
    const file = path.resolve(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // It may be in the next folder.
    }
  }
  return null
}
