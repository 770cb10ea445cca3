import 'server-only'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { log } from '@/lib/log'
import { gauge } from '@/lib/metrics'
import { judgeViews } from '@/lib/tickets/reads'
import type { View } from '@/lib/tickets/writes'
import { type ViewEnd, viewEnds } from './ends'
import { type Pump, pump } from './pump'

/** The most views of one master account in one process, and of all together. */
const perOwnerMost = 32
const allMost = 256
/** How often open views are judged: one whose session or instance has ended is closed within a second, whatever process ended it. */
const watchMs = 400
/** Views end if it cannot be determined for this long whether they may continue. */
const doubtMs = 10_000
/** More often than proxies close idle connections, after a minute. */
const pingMs = 20_000
/** A browser that does not answer a close frame is disconnected after this. */
const goodbyeMs = 1_000

type Open = View & {
  sessionId: string
  socket: WebSocket
  stream: Duplex
  pump: Pump
  pingedAt: number
  hasAnswered: boolean
}

const openGauge = gauge('ecs_views_open', 'Consoles and screens of machines that browsers have open.', ['kind'])

export class OpenViews {
  private readonly open = new Set<Open>()
  private timer: NodeJS.Timeout | undefined
  private isJudging = false
  private judgedAt = 0

  hasPlace(ownerId: string): boolean {
    const own = [...this.open].filter((each) => each.ownerId === ownerId).length
    return own < perOwnerMost && this.open.size < allMost
  }

  /** Connects a browser with a machine until either ends, or the view may not continue. */
  add(view: View & { sessionId: string }, socket: WebSocket, stream: Duplex): void {
    const each: Open = { ...view, socket, stream, pump: pump(stream, socket), pingedAt: Date.now(), hasAnswered: true }
    this.open.add(each)
    openGauge.inc({ kind: view.kind })
    socket.on('pong', () => {
      each.hasAnswered = true
    })
    stream.once('close', () => this.end(each, each.pump.isBehind() ? 'TOO_SLOW' : 'ENDED'))
    socket.once('close', () => this.forget(each))
    if (stream.destroyed) this.end(each, 'ENDED')
    else this.watch()
  }

  endAll(): void {
    for (const each of this.open) this.end(each, 'LEAVING')
  }

  private end(each: Open, why: ViewEnd): void {
    if (!this.forget(each)) return
    closeSocket(each.socket, why)
  }

  /** Stops a view. False if it was stopped already. */
  private forget(each: Open): boolean {
    if (!this.open.delete(each)) return false
    openGauge.dec({ kind: each.kind })
    each.stream.destroy()
    if (this.open.size > 0) return true
    clearInterval(this.timer)
    this.timer = undefined
    return true
  }

  private watch(): void {
    if (this.timer) return
    this.judgedAt = performance.now()
    this.timer = setInterval(() => {
      const now = Date.now()
      for (const each of this.open) this.look(each, now)
      void this.judge(now)
    }, watchMs)
    this.timer.unref()
  }

  private look(each: Open, now: number): void {
    const isPingDue = now - each.pingedAt >= pingMs
    if (each.pump.isStalled(now)) this.end(each, 'TOO_SLOW')
    // A pong that has not been read is not missing.
    else if (!isPingDue || each.pump.isHeld()) return
    else if (!each.hasAnswered) this.end(each, 'TOO_SLOW')
    else {
      each.hasAnswered = false
      each.pingedAt = now
      each.socket.ping()
    }
  }

  private async judge(now: number): Promise<void> {
    if (this.isJudging || this.open.size === 0) return this.doubt()
    this.isJudging = true
    const views = [...this.open]
    try {
      const ends = await judgeViews(views, new Date(now))
      this.judgedAt = performance.now()
      for (const [index, each] of views.entries()) {
        const why = ends[index]
        if (why) this.end(each, why)
      }
    } catch (error) {
      log.warn({ err: error }, 'Nobody can say whether open views may go on.')
      this.doubt()
    } finally {
      this.isJudging = false
    }
  }

  private doubt(): void {
    if (performance.now() - this.judgedAt < doubtMs) return
    for (const each of this.open) this.end(each, 'FAULT')
  }
}

/** Closes a socket with a reason, and disconnects if the browser does not answer soon. */
export function closeSocket(socket: WebSocket, why: ViewEnd): void {
  socket.resume()
  socket.close(viewEnds[why], why)
  setTimeout(() => socket.terminate(), goodbyeMs).unref()
}
