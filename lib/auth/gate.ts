import 'server-only'
import { within } from '@/lib/patience'

/** Thrown instead of queueing when the queue is full. After `seconds` there may be room. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'

  constructor(readonly seconds: number) {
    super('Too much of this work waits already.')
  }
}

/** Compared by name: pages and routes are bundled separately, and each bundle has its own class. */
export function isOverloaded(error: unknown): error is Overloaded {
  return error instanceof Error && error.name === 'Overloaded' && 'seconds' in error
}

type Limits = {
  running: number
  waiting: number
  perKey: number
  patienceMs: number
}
type Waiting = { key: string; start: () => void }

/**
 * Bounds costly work that strangers can request: a number of runs at once and a queue of bounded length, first in,
 * first out. A queued request holds no database connection and no thread.
 */
export class Gate {
  private readonly running = new Set<string>()
  private line: Waiting[] = []

  constructor(private readonly limits: Limits) {}

  /** Runs `work` when it is admitted. Throws `Overloaded` if the queue is full, or if it has waited too long. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.turn(key)
    try {
      return await work()
    } finally {
      this.running.delete(key)
      this.startNext()
    }
  }

  private async turn(key: string): Promise<void> {
    const ofKey = this.line.filter((other) => other.key === key).length + (this.running.has(key) ? 1 : 0)
    const { waiting, perKey, patienceMs } = this.limits
    if (ofKey >= perKey || this.line.length >= waiting) throw new Overloaded(2)
    const place: Waiting = { key, start: () => {} }
    const started = new Promise<void>((resolve) => {
      place.start = resolve
    })
    this.line.push(place)
    this.startNext()
    await within(patienceMs, started).catch(() => {
      this.line = this.line.filter((other) => other !== place)
      throw new Overloaded(2)
    })
  }

  private startNext(): void {
    while (this.running.size < this.limits.running) {
      const next = this.line.find(({ key }) => !this.running.has(key))
      if (!next) return
      this.line = this.line.filter((other) => other !== next)
      this.running.add(next.key)
      next.start()
    }
  }
}
