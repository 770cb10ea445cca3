import net from 'node:net'
import pg from 'pg'

type Asked = { client: net.Socket; message: Buffer }

// PostgreSQL's messages to an accepted client: authenticated, backend key, ready.
const welcome = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('K', Buffer.alloc(8)),
  message('Z', Buffer.from('I')),
])

export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Splits complete messages off a buffer; the rest is incomplete. */
export function takeMessages(buffer: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = []
  let rest = buffer
  while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
    const length = rest.readInt32BE(1) + 1
    messages.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return { messages, rest }
}

/** A pooler in transaction mode: all clients share one connection. Statements without parameters only. */
export class TransactionPooler {
  private readonly server = net.createServer((client) => this.letIn(client))
  private readonly clients = new Set<net.Socket>()
  private asked: Asked[] = []
  private turn: net.Socket | null = null
  private isAnswering = false

  private constructor(private readonly database: net.Socket) {
    let rest = Buffer.alloc(0)
    database.on('data', (data: Buffer) => {
      const taken = takeMessages(Buffer.concat([rest, data]))
      rest = Buffer.from(taken.rest)
      for (const answer of taken.messages) this.pass(answer)
    })
  }

  static async start(url: string): Promise<{ pooler: TransactionPooler; url: string }> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    // The pg package signs in; after that we use the stream directly.
    const { stream } = client.connection
    if (!(stream instanceof net.Socket)) throw new Error('The connection has no socket.')
    stream.removeAllListeners()
    stream.on('error', () => {})
    const pooler = new TransactionPooler(stream)
    await new Promise<void>((resolve) => pooler.server.listen(0, '127.0.0.1', resolve))
    const address = pooler.server.address()
    if (address === null || typeof address === 'string') throw new Error('The pooler has no port.')
    return { pooler, url: Object.assign(new URL(url), { host: `127.0.0.1:${address.port}` }).href }
  }

  stop(): void {
    this.server.close()
    for (const client of this.clients) client.destroy()
    this.database.destroy()
  }

  private letIn(client: net.Socket): void {
    this.clients.add(client)
    client.on('error', () => {}).on('close', () => this.clients.delete(client))
    let rest = Buffer.alloc(0)
    client.once('data', () => {
      client.write(welcome)
      client.on('data', (data: Buffer) => {
        const taken = takeMessages(Buffer.concat([rest, data]))
        rest = Buffer.from(taken.rest)
        for (const message of taken.messages)
          if (message.toString('latin1', 0, 1) === 'Q') this.ask({ client, message })
      })
    })
  }

  private ask(asked: Asked): void {
    this.asked.push(asked)
    this.next()
  }

  private next(): void {
    if (this.isAnswering) return
    const asked = this.asked.find(({ client }) => this.turn === null || client === this.turn)
    if (!asked) return
    this.asked = this.asked.filter((other) => other !== asked)
    this.turn = asked.client
    this.isAnswering = true
    this.database.write(asked.message)
  }

  private pass(answer: Buffer): void {
    this.turn?.write(answer)
    if (answer.toString('latin1', 0, 1) !== 'Z') return
    this.isAnswering = false
    if (answer.toString('latin1', 5, 6) === 'I') this.turn = null
    this.next()
  }
}
