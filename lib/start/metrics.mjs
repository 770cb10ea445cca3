// Loaded into server and worker if ECS_METRICS_PORT is set: serves the metrics of the process on the loopback address.
// prom-client's default registry is shared, because the console's bundle loads the same package from node_modules.
import http from 'node:http'
import { isMainThread } from 'node:worker_threads'

const port = Number(process.env.ECS_METRICS_PORT)
// `next dev` starts a child process that serves; it loads this too, and has the metrics.
const isParent = /next\/dist\/bin\/next$/.test(process.argv[1] ?? '') && process.argv.includes('dev')

if (isMainThread && !isParent && port > 0) {
  // Not for children: they have no metrics, and the port is taken.
  delete process.env.ECS_METRICS_PORT
  const { default: metrics } = await import('prom-client')
  metrics.collectDefaultMetrics()
  const server = http.createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return response.writeHead(404).end()
    try {
      const text = await metrics.register.metrics()
      response.writeHead(200, { 'content-type': metrics.register.contentType }).end(text)
    } catch (error) {
      console.error(error)
      response.writeHead(500).end()
    }
  })
  server.on('error', (error) => console.error(`The metrics cannot be served on port ${port}: ${error.message}`))
  // unref: a scraper's open connection must not keep the process alive.
  server.listen(port, '127.0.0.1').unref()
  server.on('connection', (socket) => socket.unref())
}
