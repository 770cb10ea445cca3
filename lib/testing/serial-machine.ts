import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { openConsoleLog } from '@/lib/machines/keeper/console-log.mjs'
import { openSerial } from '@/lib/machines/keeper/viewers.mjs'

/** A machine without a hypervisor: a serial port served by the keeper's own code. `guest`: the guest's end of it. */
export async function serialMachine(folder: string): Promise<{ guest: net.Socket; stop(): void }> {
  const keeper = path.join(folder, 'keeper')
  fs.mkdirSync(keeper, { recursive: true })
  const servers = [net.createServer(), net.createServer()] as const
  const [port, door] = servers
  const inFolder = async (name: string, work: (path: string) => Promise<unknown>) => {
    // The path may be longer than a socket address allows.
    const descriptor = fs.openSync(keeper, 'r')
    await work(`/proc/self/fd/${descriptor}/${name}`).finally(() => fs.closeSync(descriptor))
  }
  const listen = (server: net.Server) => (at: string) => once(server.listen(at), 'listening')
  await inFolder('serial.sock', listen(port))
  const connected = once(port, 'connection')
  let serial: Awaited<ReturnType<typeof openSerial>> | undefined
  await inFolder('serial.sock', async (at) => {
    serial = await openSerial(at, openConsoleLog(path.join(keeper, 'console.log')))
  })
  const [guest]: [net.Socket] = (await connected) as [net.Socket]
  const clients = new Set<net.Socket>([guest])
  door.on('connection', (client) => {
    clients.add(client.on('error', () => {}))
    client.once('data', (line) => serial?.join(client, JSON.parse(String(line))))
  })
  await inFolder('keeper.sock', listen(door))
  return {
    guest,
    stop: () => {
      for (const client of clients) client.destroy()
      for (const server of servers) server.close()
    },
  }
}
