// Clean-up work for the end of this process.
const undo: (() => Promise<void>)[] = []
const announcements: (() => void)[] = []
let ending: Promise<never> | undefined

/** Registers clean-up work for the end of this process, run in reverse order. Returns a function that removes it. */
export function onEnd(work: () => Promise<void>): () => void {
  undo.push(work)
  return () => void (undo.includes(work) && undo.splice(undo.indexOf(work), 1))
}

export function announceEnd(tell: () => void): void {
  announcements.push(tell)
}

export function isEnding(): boolean {
  return ending !== undefined
}

/** Runs all clean-up work and ends this process. A second call waits for the first. */
export function end(code: number): Promise<never> {
  ending ??= undoAll(code)
  return ending
}

async function undoAll(code: number): Promise<never> {
  let result = code
  for (const tell of announcements) {
    try {
      tell()
    } catch (error) {
      // For instance on a full disk. Other processes notice the end by themselves.
      console.error(error)
    }
  }
  // Work that is still starting may add clean-up, so take the last entry each time.
  for (let work = undo.pop(); work; work = undo.pop()) {
    await work().catch((error) => {
      console.error(error)
      result = 1
    })
  }
  process.exit(result)
}

export function endOnSignals(code = 0): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void end(code))
  if (!process.env.npm_lifecycle_event) return
  // A killed npm cannot forward a signal. Without this check the console would keep running unnoticed, and the next start would
  // fail.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && void end(code), 500).unref()
}
