import { constants } from 'node:os'

export class Interrupted extends Error {
  readonly exitCode: number

  constructor(signal: keyof typeof constants.signals) {
    super('Interrupted: nothing was left half done.')
    this.exitCode = 128 + constants.signals[signal]
  }
}

const patienceMs = 2_000

/** Aborts with `Interrupted` on Ctrl-C and signals. npm forwards a Ctrl-C twice, so only one after 2 s exits at once. */
export function watchSignals(): AbortSignal {
  const controller = new AbortController()
  let first: number | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interrupted = new Interrupted(name)
      if (first !== undefined && Date.now() - first > patienceMs) process.exit(interrupted.exitCode)
      first ??= Date.now()
      controller.abort(interrupted)
    })
  }
  return controller.signal
}
