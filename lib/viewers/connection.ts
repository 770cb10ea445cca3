import { pageHeaders } from '@/lib/page-identity'
import { isPageStatus, noteAnswer } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'
import { endOfCode, type ViewEnd, type ViewHello, viewPath } from './ends'

// The browser's side of a view. Each connection uses a new ticket, so a reload or a cut costs only a moment.

/** The waits before each retry after a cut. After the last one the user decides. */
const waitsMs = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]
/** After a view was open for this long, the next cut starts with the shortest wait again. */
const goodMs = 10_000
const patienceMs = 15_000

/** Why a view has stopped and is not retried. */
export type ViewStop = ViewEnd | 'NO_ANSWER'

export type ViewState =
  | { phase: 'connecting' }
  | { phase: 'open'; viewers: number }
  | { phase: 'waiting' }
  | { phase: 'stopped'; why: ViewStop }

type Options = {
  ticketUrl: (from: number | undefined, isTakeOver: boolean) => string
  /** The byte to continue from; undefined: the oldest kept. Called before each try. */
  from?: () => number | undefined
  /** Must add its listeners before returning: earlier messages are lost. */
  onOpen: (socket: WebSocket, hello: ViewHello) => void
  onState: (state: ViewState) => void
}

type Answer = { ticket: string } | { stop: ViewStop } | { again: true }

/** Keeps one view open: connects, and reconnects after a cut, until it is closed or retrying is useless. */
export class ViewConnection {
  private socket: WebSocket | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private openedAt = 0
  private isClosed = false
  private current = 0

  constructor(private readonly options: Options) {
    addEventListener('online', this.comeBack)
  }

  connect(isTakeOver = false): void {
    this.failures = 0
    void this.try(isTakeOver)
  }

  close(): void {
    this.isClosed = true
    removeEventListener('online', this.comeBack)
    clearTimeout(this.timer)
    this.socket?.close()
  }

  private readonly comeBack = () => {
    if (this.timer !== undefined) void this.try(false)
  }

  private async try(isTakeOver: boolean): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    const mine = ++this.current
    this.socket?.close()
    this.options.onState({ phase: 'connecting' })
    const answer = await fetchTicket(this.options.ticketUrl(this.options.from?.(), isTakeOver))
    if (this.isClosed || mine !== this.current) return
    if ('again' in answer) this.tryLater()
    else if ('stop' in answer) this.options.onState({ phase: 'stopped', why: answer.stop })
    else this.open(answer.ticket, mine)
  }

  private open(ticket: string, mine: number): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${location.host}${viewPath}`)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    const late = setTimeout(() => socket.close(), patienceMs)
    socket.addEventListener('open', () => socket.send(ticket))
    socket.addEventListener(
      'message',
      ({ data }) => {
        clearTimeout(late)
        if (this.isClosed || mine !== this.current || typeof data !== 'string') return socket.close()
        const hello: ViewHello = JSON.parse(data)
        this.openedAt = Date.now()
        this.options.onOpen(socket, hello)
        this.options.onState({ phase: 'open', viewers: hello.viewers })
      },
      { once: true },
    )
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(late)
      if (!this.isClosed && mine === this.current) this.cut(endOfCode(code))
    })
  }

  private cut(why: ViewEnd | null): void {
    if (this.openedAt > 0 && Date.now() - this.openedAt > goodMs) this.failures = 0
    this.openedAt = 0
    if (why !== null && isLasting(why)) this.options.onState({ phase: 'stopped', why })
    else this.tryLater()
  }

  private tryLater(): void {
    const wait = waitsMs[this.failures++]
    this.options.onState(wait === undefined ? { phase: 'stopped', why: 'NO_ANSWER' } : { phase: 'waiting' })
    if (wait !== undefined) this.timer = setTimeout(() => void this.try(false), wait)
  }
}

/** Whether a retry cannot help. A machine that has ended may be starting again. */
function isLasting(why: ViewEnd): boolean {
  return ['SIGNED_OUT', 'GONE', 'FULL', 'ELSEWHERE', 'TOO_MANY'].includes(why)
}

async function fetchTicket(url: string): Promise<Answer> {
  const init = { method: 'POST', headers: { Accept: 'application/json', ...pageHeaders() } }
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) }).catch(() => null)
  if (!response) return { again: true }
  const body: { ticket?: string; refusal?: Refusal | Fault } | null = await response.json().catch(() => null)
  if (response.ok && body?.ticket) return { ticket: body.ticket }
  const refusal = body?.refusal ?? null
  if (refusal && isPageStatus(refusal)) {
    noteAnswer(refusal)
    return { stop: 'SIGNED_OUT' }
  }
  if (refusal?.code === 'INSTANCE_NOT_FOUND') return { stop: 'GONE' }
  if (refusal?.code === 'INSTANCE_BUSY') return { stop: 'NOT_RUNNING' }
  // Also for VIEWS_FULL: unused tickets expire before the last try.
  return { again: true }
}
