import 'server-only'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { configuredOrigin, isOwnOrigin } from '@/lib/auth/own-address.mjs'
import { openSession, sessionCookie } from '@/lib/auth/session-cookie'
import { logFault, logSeldom } from '@/lib/log'
import { NotRunning, ViewersFull } from '@/lib/machines/errors'
import type { MachineView } from '@/lib/machines/machine'
import { hostMachines } from '@/lib/machines/machines'
import { redeemTicket, type View } from '@/lib/tickets/writes'
import type { ViewEnd, ViewHello } from './ends'
import { closeSocket, OpenViews } from './open-views'

/** A connection must show its ticket within this time, or it is closed. */
const ticketPatienceMs = 10_000
/** The most connections that have not shown a ticket yet. */
const newMost = 64
/** The longest message of a browser: keys, or a piece of a paste. */
const messageMost = 64 * 1024

// No compression: it uses up to a megabyte for each socket, and buffers ahead of a slow reader.
const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
  maxPayload: messageMost,
})
const views = new OpenViews()
let newcomers = 0

/**
 * Answers the handshake of a view's WebSocket. Returns the HTTP status that refuses another site's page or a visitor who is not
 * signed in; null: the handler owns the socket from now on.
 */
export async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<number | null> {
  const header = (name: string) => String(request.headers[name] ?? '') || null
  const origin = header('origin')
  if (!origin || !isOwnOrigin(origin, header, configuredOrigin(process.env))) {
    logSeldom('A view was refused: it was asked for from another address than the console has.', {
      origin: origin?.slice(0, 300),
    })
    return 403
  }
  const sessionId = await openSession(cookieOf(header('cookie') ?? '', sessionCookie().name))
  if (!sessionId) return 401
  if (newcomers >= newMost) return 503
  const leave = enter()
  socket.once('close', leave)
  server.handleUpgrade(request, socket, head, (opened) => void attend(opened, sessionId, leave))
  return null
}

/** Counts a connection without a ticket, until the returned function is called. */
function enter(): () => void {
  let isIn = true
  newcomers++
  return () => {
    if (isIn) newcomers--
    isIn = false
  }
}

export function endViews(): void {
  views.endAll()
}

function cookieOf(header: string, name: string): string | undefined {
  const found = header.split(/; */).find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

async function attend(socket: WebSocket, sessionId: string, leave: () => void): Promise<void> {
  // Errors close the connection, and the close is handled.
  socket.on('error', () => {})
  try {
    const ticket = await firstWords(socket)
    socket.pause()
    const view = ticket === null ? null : await redeemTicket(ticket, sessionId, new Date())
    if (!view) closeSocket(socket, 'TICKET_REFUSED')
    else if (!views.hasPlace(view.ownerId)) closeSocket(socket, 'TOO_MANY')
    else await join(socket, { ...view, sessionId })
  } catch (error) {
    logFault(error, 'view')
    closeSocket(socket, 'FAULT')
  } finally {
    leave()
  }
}

function firstWords(socket: WebSocket): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ticketPatienceMs)
    socket.once('message', (data, isBinary) => {
      clearTimeout(timer)
      resolve(isBinary ? null : String(data))
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(null)
    })
  })
}

async function join(socket: WebSocket, view: View & { sessionId: string }): Promise<void> {
  const opened = await openMachine(view).catch((error) => whyNot(error, view.instanceId))
  if (typeof opened === 'string') return closeSocket(socket, opened)
  const { offset, replayed, viewers, stream } = opened
  if (socket.readyState !== socket.OPEN) return void stream.destroy()
  socket.send(JSON.stringify({ offset, replayed, viewers } satisfies ViewHello))
  views.add(view, socket, stream)
  socket.resume()
}

async function openMachine({ instanceId, kind, from, isTakeOver }: View): Promise<MachineView> {
  if (kind === 'screen') return await hostMachines().screen(instanceId, { isTakeOver })
  return await hostMachines().console(instanceId, { isTakeOver, offset: from ?? undefined })
}

async function whyNot(error: unknown, instanceId: string): Promise<ViewEnd> {
  if (error instanceof ViewersFull) return 'FULL'
  if (!(error instanceof NotRunning)) throw error
  const { state } = await hostMachines().state(instanceId)
  return state === 'absent' ? 'ELSEWHERE' : 'NOT_RUNNING'
}
