// The headers of every answer. lib/start/server.mjs sets them, because only it knows the request's host.
import { askedHosts } from './auth/own-address.mjs'

// Allows no other origins and no framing. Next.js puts small inline scripts into every page, so scripts are limited by
// origin, not by nonce: a nonce would need a proxy in front of every route.
const contentSecurityPolicy = (sockets) =>
  [
    "default-src 'self'",
    `script-src 'self' 'unsafe-inline'${process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...sockets].join(' '),
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

const plainHost = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i

/** Older Safaris do not count `wss:` as 'self', so our host is named. Malformed hosts are dropped. */
export function securityHeadersFor(header, configured) {
  if (configured !== null) return securityHeaders([configured.replace(/^http/, 'ws')])
  const hosts = [...new Set(askedHosts(header))].filter((host) => plainHost.test(host)).slice(0, 2)
  return securityHeaders(hosts.flatMap((host) => [`ws://${host}`, `wss://${host}`]))
}

const securityHeaders = (sockets) => [
  { key: 'Content-Security-Policy', value: contentSecurityPolicy(sockets) },
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
]

/** A worker uses the policy of its own file. WebAssembly may run only there: it hashes uploads. */
export const workerHeaders = [
  { key: 'Content-Security-Policy', value: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" },
]
