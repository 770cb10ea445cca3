import { Worker } from 'node:worker_threads'

/** What ended a thread that had not said its last word. */
export type Limit = 'time' | 'memory'

export type ThreadOptions<Word, End> = {
  /** The file that begins it: one that Node itself can read. */
  file: string
  /** What it is told. */
  task: unknown
  /** Of what it makes in JavaScript; bytes of files and of 7-Zip are beside it. */
  heapMib: number
  timeMs: number
  /** Ends it; the reason is thrown. */
  signal?: AbortSignal
  /** Hears a word of it: one that makes it `end` or `fail`, or one that has an `answer`. */
  onWord: (word: Word, thread: ThreadEnds<End>) => void
  onLimit: (limit: Limit) => End
}

export type ThreadEnds<End> = {
  answer: (message: unknown) => void
  end: (end: End) => void
  fail: (error: unknown) => void
}

/**
 * Runs a thread until a word of it is the last, or until a limit or the signal ends it; nothing of it runs after that. A
 * process that it has started with `setpriv --pdeathsig` ends with it. Throws what it throws.
 */
export async function runThread<Word, End>(options: ThreadOptions<Word, End>): Promise<End> {
  const { file, task, heapMib, timeMs, signal, onWord, onLimit } = options
  signal?.throwIfAborted()
  const worker = new Worker(file, {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMib, maxYoungGenerationSizeMb: 16 },
  })
  let timer: NodeJS.Timeout | undefined
  let onAbort = () => {}
  try {
    return await new Promise<End>((resolve, reject) => {
      timer = setTimeout(() => resolve(onLimit('time')), timeMs)
      onAbort = () => reject(signal?.reason)
      signal?.addEventListener('abort', onAbort)
      const ends = { answer: (message: unknown) => worker.postMessage(message), end: resolve, fail: reject }
      worker.on('message', (word: Word) => onWord(word, ends))
      worker.on('error', (error) => (isOutOfMemory(error) ? resolve(onLimit('memory')) : reject(error)))
      worker.on('exit', (code) => reject(new Error(`The thread of ${file} ended early, with code ${code}.`)))
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    await worker.terminate()
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
