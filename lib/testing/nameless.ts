import net from 'node:net'
import { message, takeMessages } from './pooler'

const noNames = message('E', Buffer.from('SERROR\0C0A000\0Mnamed statements are not supported\0\0', 'latin1'))
const ready = message('Z', Buffer.from('I'))

/** A pooler in front of the database at `url` that refuses named statements and passes everything else through. */
export async function startNameless(url: string): Promise<{ url: string; refused: () => number; stop: () => void }> {
  let refused = 0
  const { hostname, port } = new URL(url)
  const sockets: net.Socket[] = []
  const server = net.createServer((client) => {
    const database = net.connect(Number(port), hostname)
    sockets.push(client, database)
    for (const socket of [client, database]) socket.on('error', () => {}).on('close', () => client.destroy())
    database.pipe(client)
    let rest = Buffer.alloc(0)
    let isSkipping = false
    const pass = (sent: Buffer) => {
      const type = sent.toString('latin1', 0, 1)
      if (type === 'P' && sent[5] !== 0) {
        refused++
        isSkipping = true
        client.write(noNames)
      }
      if (!isSkipping) database.write(sent)
      else if (type === 'S') {
        isSkipping = false
        client.write(ready)
      }
    }
    // The first message of the protocol has no type.
    client.once('data', (first: Buffer) => {
      database.write(first)
      client.on('data', (data: Buffer) => {
        const taken = takeMessages(Buffer.concat([rest, data]))
        rest = Buffer.from(taken.rest)
        taken.messages.forEach(pass)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The pooler has no port.')
  return {
    url: Object.assign(new URL(url), { host: `127.0.0.1:${address.port}` }).href,
    refused: () => refused,
    stop: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
