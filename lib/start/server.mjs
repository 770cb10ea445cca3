// The server program, which wraps Next.js. Next.js's own answers, such as to a malformed request or an undecodable URL, would
// lack our headers, and its output would not be lines of our log.
import fs from 'node:fs'
import http from 'node:http'
import { parseArgs } from 'node:util'
import next from 'next'
import { askedHosts, configuredOrigin, isOwnOrigin } from '../auth/own-address.mjs'
import { isToldSeldom, logConsole, makeLog } from '../log-lines.mjs'
import { securityHeadersFor } from '../security-headers.mjs'

const methods = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']
/** How often an ending server checks for open connections. */
const endingMs = 100
const broken = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8'))

const { values } = parseArgs({
  options: {
    hostname: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '3000' },
    // Recompiles pages when their sources change, and prints Next.js's output for developers.
    dev: { type: 'boolean', default: false },
  },
})
const { hostname, dev } = values
const port = Number(values.port)
const log = makeLog()
if (!dev) logConsole(log)
const { commit, build } = dev ? { commit: process.env.ECS_COMMIT } : takeBuild()
log.info({ version, commit, build, node: process.version }, 'The server of Open ECS Console starts.')
process.on('unhandledRejection', (error) => log.error({ err: error }, 'A promise was rejected and nobody looked.'))
process.on('uncaughtException', (error) => log.error({ err: error }, 'An error was thrown and nobody caught it.'))

const configured = configuredOrigin(process.env)

const console_ = next({ dev, dir: process.cwd(), hostname, port })
await console_.prepare()
const handle = console_.getRequestHandler()

let isEnding = false
/** Open connections. Browsers open some in advance, and Node does not count one without a request as idle. */
const connections = new Set()

const server = http.createServer((request, response) => {
  // Otherwise a browser would keep its connection and send further requests, and the server would never end.
  if (isEnding) response.setHeader('Connection', 'close')
  for (const { key, value } of securityHeadersFor(headerOf(request), configured)) response.setHeader(key, value)
  if (!methods.includes(request.method)) return refuse(response, 405, { Allow: methods.join(', ') })
  if (!isReadable(request.url)) return refuse(response, 400)
  settleAddress(request)
  handle(request, response).catch((error) => {
    log.error({ err: error }, 'A request could not be answered.')
    if (response.headersSent) response.destroy()
    else refuse(response, 500)
  })
})
server.on('connection', (socket) => {
  connections.add(socket)
  socket.once('close', () => connections.delete(socket))
})
server.on('clientError', (error, socket) => {
  // In the middle of an answer no error response can be sent.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) return socket.destroy()
  refuseConnection(socket, broken[error.code] ?? 400)
})
// Consoles and screens of machines are WebSockets. Code of the build decides whether one may be opened; instrumentation.ts
// registers it.
server.on('upgrade', async (request, socket, head) => {
  socket.on('error', () => socket.destroy())
  const isView = request.url.split('?', 1)[0] === '/api/socket'
  // Pages of a development server use a WebSocket of Next.js.
  if (dev && !isView) return
  const views = isView ? globalThis.ecsViews : undefined
  try {
    const status = views ? await views.upgrade(request, socket, head) : 404
    if (status !== null) refuseConnection(socket, status)
  } catch (error) {
    log.error({ err: error }, 'A WebSocket could not be opened.')
    socket.destroy()
  }
})
server.on('error', (error) => {
  log.fatal({ err: error }, 'The server cannot listen.')
  process.exit(1)
})
server.listen(port, hostname)

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
])
  process.once(signal, () => void end(code))

// Running requests are finished; the supervisor kills us if that takes too long.
async function end(code) {
  isEnding = true
  globalThis.ecsViews?.end()
  const endWhatIsOpen = () => {
    // Repeatedly: a running request may still open a stream, and a connection becomes idle after its answer.
    globalThis.ecsChanges?.end()
    server.closeIdleConnections()
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
  }
  endWhatIsOpen()
  const timer = setInterval(endWhatIsOpen, endingMs)
  await new Promise((resolve) => server.close(resolve))
  clearInterval(timer)
  await console_.close()
  process.exit(code)
}

/**
 * Gives Next.js the configuration that the build resolved, as its own standalone server does: loading next.config.js and its
 * compiler takes as long as the rest of the start. Returns the commit and the name of the build, which may be older than the
 * other files of a clone.
 */
function takeBuild() {
  const folder = process.env.NEXT_DIST_DIR || '.next'
  const { config } = JSON.parse(fs.readFileSync(`${folder}/required-server-files.json`, 'utf8'))
  // The build may have been moved since.
  process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify({ ...config, distDir: folder })
  return { commit: config.env.ECS_COMMIT, build: config.env.ECS_BUILD }
}

function refuse(response, status, headers = {}) {
  const text = `${status} ${http.STATUS_CODES[status]}\n`
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end(text)
}

/** Answers a connection whose request Node could not parse, or that timed out. */
function refuseConnection(socket, status) {
  const lines = securityHeadersFor(() => null, configured).map(({ key, value }) => `${key}: ${value}`)
  const head = [`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`, 'Connection: close', 'Content-Length: 0', ...lines]
  socket.end(`${head.join('\r\n')}\r\n\r\n`)
}

function headerOf(request) {
  return (name) => request.headers[name] ?? null
}

/** Whether a URL's path can be decoded. */
function isReadable(url) {
  try {
    return url.startsWith('/') && decodeURIComponent(url.split('?', 1)[0]) !== undefined
  } catch {
    return false
  }
}

// Next.js compares a server action's Origin with X-Forwarded-Host. This sets that header to our host, so that Next.js decides
// like our own forms, whatever proxies have sent.
function settleAddress(request) {
  const header = headerOf(request)
  const { origin } = request.headers
  const isOwn = origin === undefined || isOwnOrigin(origin, header, configured)
  if (!isOwn && !['GET', 'HEAD', 'OPTIONS'].includes(request.method)) tellOfOrigin(origin, header)
  const host = configured ?? (isOwn ? origin : undefined)
  if (host !== undefined) request.headers['x-forwarded-host'] = new URL(host).host
}

function tellOfOrigin(origin, header) {
  if (!isToldSeldom('origin')) return
  const address = configured ?? askedHosts(header).join(', ')
  log.warn(
    { origin: origin.slice(0, 300), address },
    'A form was refused: it came from another address than the console has.',
  )
}
