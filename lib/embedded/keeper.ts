import { setTimeout as sleep } from 'node:timers/promises'
import { relieveDatabase, roomFor, tendBallast } from './ballast'
import { isErrnoCode, StartError } from './data-folder'
import { type EmbeddedDatabase, type StartOptions, startDatabase } from './embedded'

export type KeepOptions = StartOptions & {
  ballastBytes: number
  onMove?: (url: string) => void
  onLost?: (error: unknown) => void
  tell?: (sentence: string) => void
}

const lookMs = 250
/** Without space for two WAL files PostgreSQL would stop again at once. */
const startRoom = 32 * 2 ** 20
/** How often a start is tried while there is space: for about two minutes, as the pauses grow to 15 s. */
const triesMax = 12
const pauseMaxMs = 15_000

/**
 * Runs the embedded PostgreSQL, maintains its ballast, and restarts it whenever it ends before `stop`: at once, or as
 * soon as its file system has space. Only for the holder of the folder's lock.
 */
export class DatabaseKeeper {
  private readonly ending = new AbortController()
  private readonly tell: (sentence: string) => void
  private starting: Promise<EmbeddedDatabase> | undefined
  private watching: Promise<void> | undefined
  private database: EmbeddedDatabase | undefined
  private told = ''

  constructor(
    private readonly folder: string,
    private readonly options: KeepOptions,
  ) {
    this.tell = options.tell ?? console.error
  }

  get url(): string {
    return this.database?.url ?? ''
  }

  async start(): Promise<void> {
    this.starting = startDatabase(this.folder, this.options)
    this.database = await this.starting
    await this.tendBallast()
    this.watching = this.watch().catch((error) => this.options.onLost?.(error))
  }

  async stop(): Promise<void> {
    this.ending.abort()
    await this.watching
    await this.starting?.then((last) => last.stop()).catch(() => {})
  }

  private async watch(): Promise<void> {
    for (; !this.ending.signal.aborted; await this.pause(lookMs)) {
      await this.tendBallast()
      if (this.database?.isRunning() === false) await this.bringBack()
    }
  }

  private async tendBallast(): Promise<void> {
    const done = await tendBallast(this.folder, this.options.ballastBytes).catch((error: unknown) =>
      isErrnoCode(error, 'ENOSPC') ? 'no room' : String(error),
    )
    if (done === 'given up')
      this.tell('The disk of the database is nearly full: its ballast was given up, and the console is read-only.')
    else if (done === 'made' && this.told) this.tell('The disk of the database has room again.')
    else if (done !== 'made' && done !== 'kept' && done !== this.told) this.tell(`The ballast cannot be kept: ${done}.`)
    if (done !== 'kept') this.told = done
  }

  private async bringBack(): Promise<void> {
    this.tell('PostgreSQL ended; it starts again.')
    for (let tries = 0; !this.ending.signal.aborted; ) {
      await this.waitForRoom()
      if (this.ending.signal.aborted) return
      const before = this.url
      this.starting = startDatabase(this.folder, this.options)
      try {
        this.database = await this.starting
        if (this.database.url !== before) this.options.onMove?.(this.database.url)
        return
      } catch (error) {
        tries += 1
        this.tell(error instanceof Error ? error.message : String(error))
        if (tries === triesMax)
          throw new StartError(`PostgreSQL did not start in ${triesMax} tries. Its log is in ${this.folder}/postgres.`)
        await this.pause(Math.min(lookMs * 2 ** tries, pauseMaxMs))
      }
    }
  }

  private async waitForRoom(): Promise<void> {
    for (let isTold = false; !this.ending.signal.aborted; isTold = true, await this.pause(lookMs)) {
      await relieveDatabase(this.folder).catch(() => {})
      if ((await roomFor(this.folder).catch(() => startRoom)) >= startRoom) return
      if (!isTold) this.tell('The disk of the database is full. PostgreSQL starts as soon as there is room.')
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.ending.signal }).catch(() => {})
  }
}
