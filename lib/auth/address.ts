import { env } from '@/lib/env'

/**
 * The address of a visitor: the entry of X-Forwarded-For that the outermost trusted proxy wrote, counted from the right.
 * A client can send that header itself, so with no trusted proxy (the default) the address is unknown: null.
 */
export function clientAddress(forwardedFor: string | null | undefined): string | null {
  const hops = env().ECS_TRUSTED_PROXIES
  if (hops === 0 || !forwardedFor) return null
  const entries = forwardedFor.split(',').map((entry) => entry.trim())
  return entries[entries.length - hops]?.slice(0, 64) || null
}
