import { Worker } from 'node:worker_threads'

/** Which limit ended a thread before its final message. */
export type Limit = 'time' | 'memory'

export type ThreadOptions<Word, End> = {
  /** The entry file, which Node must be able to run directly. */
  file: string
  /** Passed to the thread as `workerData`. */
  task: unknown
  /** JavaScript heap only; file buffers and 7-Zip's memory are extra. */
  heapMib: number
  timeMs: number
  /** Terminates the thread; its reason is thrown. */
  signal?: AbortSignal
  /** Handles a message: ends the thread with `end` or `fail`, or replies with `answer`. */
  onWord: (word: Word, thread: ThreadEnds<End>) => void
  onLimit: (limit: Limit) => End
}

export type ThreadEnds<End> = {
  answer: (message: unknown) => void
  end: (end: End) => void
  fail: (error: unknown) => void
}

/**
 * Runs a thread until its final message, a limit or the signal; it is terminated then. A process that it started with `setpriv
 * --pdeathsig` ends with it. Throws what the thread throws.
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
