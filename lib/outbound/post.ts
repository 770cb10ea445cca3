import 'server-only'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { isPublicAddress } from './address'
import { addressesOf } from './names'

/** Why there was no answer: the URL has no TLS, its address is not public, it redirects, it is silent, or the connection failed. */
export type PostProblem = 'NO_TLS' | 'PRIVATE_ADDRESS' | 'REDIRECTED' | 'TIMED_OUT' | 'BAD_CERTIFICATE' | 'UNREACHABLE'
export type PostAnswer = { status: number } | { problem: PostProblem }

type Post = {
  url: string
  headers: Record<string, string>
  body: string
  isPrivateAllowed: boolean
  patienceMs: number
}

/** How much of an answer is read; only its status counts. */
const answerMaxBytes = 64 * 1024

/**
 * Posts to a URL that a tenant has chosen. The name is resolved once, all of its addresses must be public, and the
 * connection goes to a checked one, so that DNS cannot change in between. No redirect is followed, no certificate error
 * ignored, no protocol upgraded, and no more than 64 KiB are read. Never throws.
 */
export async function post(asked: Post): Promise<PostAnswer> {
  const signal = AbortSignal.timeout(asked.patienceMs)
  try {
    const url = new URL(asked.url)
    if (url.protocol !== 'https:' && !asked.isPrivateAllowed) return { problem: 'NO_TLS' }
    const address = await within(signal, resolve(url.hostname.replace(/^\[|\]$/g, ''), asked.isPrivateAllowed, signal))
    if (address === null) return { problem: 'PRIVATE_ADDRESS' }
    return await send(url, { ...asked, address, signal })
  } catch (error) {
    return { problem: problemOf(error, signal) }
  }
}

async function resolve(host: string, isPrivateAllowed: boolean, signal: AbortSignal): Promise<string | null> {
  const addresses = await addressesOf(host, { isPrivateAllowed, signal })
  const [first] = addresses
  if (first === undefined) throw new Error('The name has no address.')
  return isPrivateAllowed || addresses.every(isPublicAddress) ? first : null
}

/** The system's resolver cannot be interrupted, so its result is abandoned. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return await Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ])
}

async function send(url: URL, { address, headers, body, signal }: Post & { address: string; signal: AbortSignal }) {
  const { request } = url.protocol === 'https:' ? https : http
  return await new Promise<PostAnswer>((done, fail) => {
    const family = net.isIP(address)
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
      agent: false,
      signal,
      lookup: (_host, options, found) =>
        options.all ? found(null, [{ address, family }]) : found(null, address, family),
    })
    sent.on('error', fail)
    // For Node.js a 101 is not a response: without a listener it closes the connection silently.
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      done({ status: response.statusCode ?? 0 })
    })
    sent.on('close', () => fail(new Error('The connection was closed without an answer.')))
    sent.on('response', (response) => {
      const status = response.statusCode ?? 0
      const end = () => {
        response.destroy()
        sent.destroy()
        done(status >= 300 && status < 400 ? { problem: 'REDIRECTED' } : { status })
      }
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > answerMaxBytes) end()
      })
      response.on('end', end)
      response.on('error', fail)
    })
    sent.end(body)
  })
}

function problemOf(error: unknown, signal: AbortSignal): PostProblem {
  if (signal.aborted) return 'TIMED_OUT'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|EPROTO|ERR_SSL/.test(code)) return 'BAD_CERTIFICATE'
  return 'UNREACHABLE'
}
