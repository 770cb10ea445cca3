import dgram from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { addressesOf } from './names'

const sockets: dgram.Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

/** A name server on this machine; without an address it does not answer. `asked` resolves with its first question. */
async function nameServer(address: number[] | null) {
  const socket = dgram.createSocket('udp4')
  sockets.push(socket)
  const isAsked = once(socket, 'message')
  socket.on('message', (question, { port }) => {
    if (address) socket.send(answerTo(question, address), port, '127.0.0.1')
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { servers: [`127.0.0.1:${socket.address().port}`], isAsked }
}

/** The answer to a question (RFC 1035): this address for A, and nothing for AAAA. */
function answerTo(question: Buffer, address: number[]): Buffer {
  const end = question.indexOf(0, 12) + 5
  const isOfV4 = question.readUInt16BE(end - 4) === 1
  const head = Buffer.from([...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isOfV4 ? 1 : 0, 0, 0, 0, 0])
  const record = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]
  return Buffer.concat([head, question.subarray(12, end), Buffer.from(isOfV4 ? record : [])])
}

it('asks the name servers, and resolves an address to itself', async () => {
  const { servers } = await nameServer([93, 184, 215, 14])
  const asked = { signal: new AbortController().signal, isPrivateAllowed: false, servers }
  expect(await addressesOf('receiver.example', asked)).toEqual(['93.184.215.14'])
  expect(await addressesOf('2606:4700::1111', asked)).toEqual(['2606:4700::1111'])
})

it('resolves localhost to this machine, whatever the name server says', async () => {
  const { servers } = await nameServer([93, 184, 215, 14])
  const asked = { signal: new AbortController().signal, isPrivateAllowed: false, servers }
  for (const host of ['localhost', 'LOCALHOST', 'web.localhost', 'localhost.'])
    expect(await addressesOf(host, asked)).toEqual(['127.0.0.1'])
})

it('stops waiting for a silent name server when the attempt ends', async () => {
  const { servers, isAsked } = await nameServer(null)
  const attempt = new AbortController()
  const found = addressesOf('receiver.example', { signal: attempt.signal, isPrivateAllowed: false, servers })
  await isAsked
  attempt.abort()
  await expect(found).rejects.toMatchObject({ code: 'ECANCELLED' })
})

it('asks the system for a name that the servers lack only if private networks are allowed', async () => {
  const { servers } = await nameServer(null)
  const ended = AbortSignal.abort()
  await expect(addressesOf('localhost', { signal: ended, isPrivateAllowed: true, servers })).rejects.toThrow()
  const signal = new AbortController().signal
  expect(await addressesOf('localhost', { signal, isPrivateAllowed: true, servers: ['127.0.0.1:1'] })).not.toEqual([])
})
