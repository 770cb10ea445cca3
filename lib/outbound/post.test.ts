import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { closeEndpoints, endpoint, listening, rawEndpoint, status } from '@/lib/testing/endpoint'
import { isPublicAddress } from './address'
import { post } from './post'

const openssl = spawnSync('openssl', ['version']).status === 0
afterEach(closeEndpoints)

const ask = (url: string, more: { isPrivateAllowed?: boolean; patienceMs?: number } = {}) =>
  post({ url, headers: {}, body: '{}', isPrivateAllowed: true, patienceMs: 60_000, ...more })

it('an endpoint that redirects, hangs, refuses or sends without end is given up', async () => {
  const target = await endpoint(status(200))
  const redirecting = await endpoint((response) => void response.writeHead(307, { Location: target.url }).end())
  expect(await ask(redirecting.url)).toEqual({ problem: 'REDIRECTED' })
  expect(target.got).toEqual([])
  const silent = await endpoint(() => {})
  expect(await ask(silent.url, { patienceMs: 200 })).toEqual({ problem: 'TIMED_OUT' })
  silent.server.closeAllConnections()
  const flooding = await endpoint((response) => {
    response.writeHead(200)
    response.on('error', () => {})
    // In Node 26, a write to a closed connection fails before the response counts as destroyed.
    const pour = (error?: Error | null) =>
      void (error || response.destroyed || response.write(Buffer.alloc(1_000_000), pour))
    pour()
  })
  expect(await ask(flooding.url)).toEqual({ status: 200 })
  const closed = await endpoint(status(200))
  await new Promise((done) => closed.server.close(done))
  expect(await ask(closed.url)).toEqual({ problem: 'UNREACHABLE' })
  expect(await ask('http://no-such-name.invalid/')).toEqual({ problem: 'UNREACHABLE' })
})

it('an endpoint that switches protocols counts as refusing', async () => {
  const url = await rawEndpoint('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  expect(await ask(url)).toEqual({ status: 101 })
})

it('an endpoint that ends its answer in the middle counts as unreachable', async () => {
  const cut = await endpoint((response) => {
    response.writeHead(200, { 'Content-Length': 10 })
    response.write('half', () => response.destroy())
  })
  expect(await ask(cut.url)).toEqual({ problem: 'UNREACHABLE' })
})

it('a URL without TLS is refused unless private networks are allowed', async () => {
  const { got, url } = await endpoint(status(200))
  expect(await ask(url, { isPrivateAllowed: false })).toEqual({ problem: 'NO_TLS' })
  expect(got).toEqual([])
  expect(await ask(url)).toEqual({ status: 200 })
})

it('an endpoint without TLS behind https is refused', async () => {
  const plain = await endpoint(status(200))
  expect(await ask(plain.url.replace('http:', 'https:'))).toEqual({ problem: 'BAD_CERTIFICATE' })
})

it.skipIf(!openssl)('an endpoint with a self-signed certificate is refused (needs openssl to make one)', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-certificate-'))
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  const asked = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  ]
  execFileSync('openssl', asked, { stdio: 'ignore' })
  let requests = 0
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (_, response) => {
    requests += 1
    response.end()
  })
  const port = await listening(server)
  fs.rmSync(folder, { recursive: true })
  expect(await ask(`https://localhost:${port}/`)).toEqual({ problem: 'BAD_CERTIFICATE' })
  expect(requests).toBe(0)
})

it('loopback, link-local and private addresses are refused in every notation, and behind a name', async () => {
  const { got, url } = await endpoint(status(200))
  const port = new URL(url).port
  const hosts = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
  ]
  for (const host of hosts)
    expect([host, await ask(`https://${host}:${port}/`, { isPrivateAllowed: false })]).toEqual([
      host,
      { problem: 'PRIVATE_ADDRESS' },
    ])
  expect(got).toEqual([])
})

it.each([
  ['8.8.8.8', true],
  ['172.15.255.255', true],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['10.1.2.3', false],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['2606:4700::1111', true],
  ['::', false],
  ['::1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['not an address', false],
])('%s is a public address: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic)
})
