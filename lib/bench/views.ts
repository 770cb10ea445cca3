import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { seedInstanceTypes } from '@/lib/instance-types/writes'
import { hostMachines } from '@/lib/machines/machines'
import { serialMachine } from '@/lib/testing/serial-machine'
import { openTicket } from '@/lib/tickets/writes'
import { viewPath } from '@/lib/viewers/ends'
import { endViews, upgrade } from '@/lib/viewers/upgrade'
import { type Findings, median } from './figures'
import { type Place, tell } from './place'

const echoes = 500
const echoMsMax = 15
const perMachine = 4
const machines = 7
const memoryMax = 5
const session = 'ses-viewed'

/**
 * The round trip of a key to the serial port through a WebSocket, compared with the Unix socket alone, and the memory of an
 * open view. The port echoes at once, so no guest is measured; server and browser are both this process.
 */
export async function measureViews(_place: Place): Promise<Findings> {
  tell('Views: keys go to a serial port and back …')
  const ids = await makeInstances()
  const ports = await Promise.all(ids.map((id) => serialMachine(path.join(env().ECS_DATA_DIR, 'machines', id))))
  for (const { guest } of ports) guest.on('data', (typed) => guest.write(typed))
  const server = http.createServer().on('upgrade', upgrade).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const [first = ''] = ids
  const direct = await echoOfStream((await hostMachines().console(first)).stream)
  const opened: WebSocket[] = []
  const before = memory()
  for (const id of ids) for (let count = 0; count < perMachine; count++) opened.push(await open(server, id))
  const perView = (memory() - before) / opened.length
  for (const socket of opened.splice(0)) socket.terminate()
  const socket = await open(server, first)
  const through = await echoOfSocket(socket)
  socket.terminate()
  endViews()
  server.close()
  for (const port of ports) port.stop()
  const atMost = { of: 'value', bound: 'at most' } as const
  return {
    figures: [
      {
        ...{ section: 'views', name: 'a key to the serial port and back, over the Unix socket', unit: 'ms' },
        ...{ value: Math.max(0, through - direct), aim: { ...atMost, number: echoMsMax } },
      },
      {
        ...{ section: 'views', name: 'memory of an open view at rest, browser included', unit: 'MiB' },
        ...{ value: Math.max(0, perView), aim: { ...atMost, number: memoryMax } },
      },
    ],
    notes: [`An echo takes ${direct.toFixed(2)} ms by the Unix socket and ${through.toFixed(2)} ms by the WebSocket.`],
  }
}

function memory(): number {
  return process.memoryUsage().rss / 2 ** 20
}

async function echoOfStream(stream: Duplex): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < echoes; count++) {
    const began = performance.now()
    stream.write('x')
    await once(stream, 'data')
    times.push(performance.now() - began)
  }
  stream.destroy()
  return median(times)
}

async function echoOfSocket(socket: WebSocket): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < echoes; count++) {
    const began = performance.now()
    socket.send(Buffer.from('x'))
    await once(socket, 'message')
    times.push(performance.now() - began)
  }
  return median(times)
}

async function open(server: http.Server, instanceId: string): Promise<WebSocket> {
  const account = await db().account.findUniqueOrThrow({ where: { id: 'acc-viewed' }, include: { master: true } })
  const ctx = { viewer: mintViewer(account), now: new Date(), address: null, sessionId: session }
  const { ticket } = await openTicket(ctx, {
    instanceId,
    kind: 'console',
    from: Number.MAX_SAFE_INTEGER,
    takeOver: false,
  })
  const { port } = server.address() as AddressInfo
  const cookie = `${sessionCookie().name}=${await sealSession({ accountId: account.id, sessionId: session })}`
  const headers = { origin: new URL(env().NEXTAUTH_URL ?? '').origin, cookie }
  const socket = new WebSocket(`ws://127.0.0.1:${port}${viewPath}`, { headers })
  await once(socket, 'open')
  socket.send(ticket)
  await once(socket, 'message')
  return socket
}

async function makeInstances(): Promise<string[]> {
  const now = new Date()
  await seedInstanceTypes(now)
  const [regionId, hostId, id] = ['cn-viewed', 'viewed', 'acc-viewed']
  const at = { createdAt: now, updatedAt: now }
  await db().region.create({ data: { id: regionId, name: 'Viewed', createdAt: now } })
  const account = { id, username: 'viewed', displayName: '', email: '', passwordHash: '-', kind: 'MASTER' as const }
  await db().account.create({ data: { ...account, createdAt: now } })
  const expiresAt = new Date(now.getTime() + 3_600_000)
  await db().session.create({ data: { id: session, accountId: id, createdAt: now, expiresAt } })
  const bytes = { sha256: 'viewed', size: 1, virtualSize: 1, format: 'qcow2' as const, state: 'ready' as const }
  await db().blob.create({ data: { id: 'blb-viewed', regionId, ...bytes, ...at } })
  const host = { id: hostId, vcpus: 1, memoryMib: 1, canUefi: false, isEmulationAllowed: true, version: '' }
  await db().machineHost.create({ data: { ...host, seenAt: now } })
  const image = { imageId: 'img', imageName: '', imageOwnerId: id, imageOwnerName: '', operatingSystem: '' }
  const machine = { bootMode: 'BIOS' as const, typeId: 'ecs.t1.micro', diskBytes: 1, blobId: 'blb-viewed', build: '' }
  const ids = Array.from({ length: machines }, (_, index) => `ins-viewed000${index}`)
  await db().instance.createMany({
    data: ids.map((each) => ({
      ...{ id: each, ownerId: id, createdById: id, regionId, hostId, name: each, state: 'running' as const },
      ...image,
      ...machine,
      ...at,
    })),
  })
  return ids
}
