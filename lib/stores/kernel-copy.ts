import { fork } from 'node:child_process'
import path from 'node:path'
import { z } from 'zod'

/** For smaller files, starting a process takes longer than the copy. */
export const kernelCopyBytesMin = 64 * 2 ** 20

export type KernelCopy = {
  from: string
  to: string
  isHashed: boolean
  signal: AbortSignal
  onProgress?: ((done: number) => void) | undefined
}

/** `code` is the errno, or empty. */
export class KernelCopyFailed extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

const program = 'lib/stores/copy-file.mjs'
const message = z.union([
  z.object({ done: z.number() }),
  z.object({ sha256: z.string().nullable() }),
  z.object({ code: z.string().default(''), message: z.string() }),
])

/**
 * Lets the kernel copy a file durably, sharing blocks if the file system can. Hashes the copy while it grows: returns its SHA-256, or
 * null if not requested. Ends within a second of the signal and throws its reason. Throws `KernelCopyFailed`.
 */
export async function copyByKernel({ from, to, isHashed, signal, onProgress }: KernelCopy): Promise<string | null> {
  signal.throwIfAborted()
  const args = [path.resolve(from), path.resolve(to), isHashed ? 'sha256' : '']
  return await new Promise((resolve, reject) => {
    // Without our environment, which holds secrets. Killing the process stops the copy.
    const child = fork(path.resolve(/* turbopackIgnore: true */ program), args, {
      execArgv: [],
      env: { NODE_ENV: process.env.NODE_ENV },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    let outcome: { sha256: string | null } | undefined
    let failure: unknown
    const stop = (reason: unknown) => {
      failure ??= reason
      child.kill('SIGKILL')
    }
    const abort = () => stop(signal.reason)
    signal.addEventListener('abort', abort)
    child.on('message', (sent) => {
      try {
        const told = message.parse(sent)
        if ('done' in told) onProgress?.(told.done)
        else if ('sha256' in told) outcome = told
        else failure ??= new KernelCopyFailed(told.code, told.message)
      } catch (error) {
        stop(error)
      }
    })
    child.once('error', (error) => {
      stop(new KernelCopyFailed('', error.message))
      reject(failure)
    })
    // Settles after the process has ended, so that removing the file comes after its last write.
    child.once('close', () => {
      signal.removeEventListener('abort', abort)
      if (outcome && failure === undefined) resolve(outcome.sha256)
      else reject(failure ?? new KernelCopyFailed('', 'The process that copies has ended early.'))
    })
  })
}
