import 'server-only'
import { createHmac, hkdfSync } from 'node:crypto'
import { jwtDecrypt } from 'jose'
import { encode } from 'next-auth/jwt'
import { env } from '@/lib/env'

/** The signing secret. `npm start` makes it in the embedded mode; elsewhere the operator sets it. */
export function secret(): string {
  const value = env().NEXTAUTH_SECRET
  if (!value) throw new Error('NEXTAUTH_SECRET is not set.')
  return value
}

/**
 * A cookie's name in this deployment. Browsers send a cookie to every port of a host, so two consoles on one host would
 * overwrite each other's. The servers of one deployment share both the secret and the address.
 */
export function ownCookie(name: string, address = env().NEXTAUTH_URL ?? ''): string {
  return `${name}.${createHmac('sha256', secret()).update(`cookies of ${address}`).digest('hex').slice(0, 8)}`
}

/** Whether browsers return our cookies over https only. */
export function isSecure(address = env().NEXTAUTH_URL): boolean {
  return address?.startsWith('https://') ?? false
}

/** The session cookie: not readable by scripts, not sent from other sites, Secure behind https. */
export function sessionCookie(address = env().NEXTAUTH_URL ?? '') {
  const secure = isSecure(address)
  return {
    name: ownCookie(secure ? '__Secure-next-auth.session-token' : 'next-auth.session-token', address),
    // The longest that a session can last. Its row decides when it really ends, and is renewed while it is used.
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure, maxAge: env().ECS_SESSION_MAX / 1000 },
  }
}

/** The value of a session cookie: an account id and a session id. Everything else is read on each request. */
export async function sealSession(session: { accountId: string; sessionId: string }): Promise<string> {
  return await encode({ token: session, secret: secret(), maxAge: env().ECS_SESSION_MAX / 1000 })
}

/**
 * The session id in a session cookie, or null if the cookie is invalid or expired. Equivalent to next-auth's `decode`,
 * which derives the key from the secret on every request: that took ten times as long as the rest.
 */
export async function openSession(cookie: string | undefined): Promise<string | null> {
  if (!cookie) return null
  try {
    const { payload } = await jwtDecrypt(cookie, cookieKey(secret()), asSealed)
    return typeof payload.sessionId === 'string' ? payload.sessionId : null
  } catch {
    return null
  }
}

const asSealed = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'], clockTolerance: 15 }
let derived: { from: string; key: Uint8Array } | undefined

/** The key with which next-auth 4 encrypts its cookies; a test decrypts one of its cookies. */
function cookieKey(from: string): Uint8Array {
  if (derived?.from !== from) {
    const key = new Uint8Array(hkdfSync('sha256', from, '', 'NextAuth.js Generated Encryption Key', 32))
    derived = { from, key }
  }
  return derived.key
}

declare module 'next-auth/jwt' {
  interface JWT {
    accountId?: string
    sessionId?: string
  }
}
