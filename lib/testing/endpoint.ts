import http from 'node:http'
import net from 'node:net'

type Got = { headers: Record<string, string>; body: string; path: string }

const servers: net.Server[] = []

export async function listening(server: net.Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens on no port.')
  return address.port
}

/** An HTTP endpoint on this machine that records requests and answers as told. */
export async function endpoint(answer: (response: http.ServerResponse) => void) {
  const got: Got[] = []
  const server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      got.push({ body, path: request.url ?? '', headers })
      answer(response)
    })
  })
  const port = await listening(server)
  return { got, url: `http://127.0.0.1:${port}/hook`, server }
}

/** An endpoint that writes these bytes to every connection after its first data, and keeps it open. */
export async function rawEndpoint(bytes: string): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(bytes))
  })
  return `http://127.0.0.1:${await listening(server)}/hook`
}

export const status = (code: number) => (response: http.ServerResponse) => void response.writeHead(code).end()

export function closeEndpoints(): void {
  for (const server of servers.splice(0)) server.close()
}
