import { env } from '@/lib/env'

/**
 * The client's address as the outermost trusted proxy wrote it, counted from the right. Null without trusted proxies, because
 * clients can forge the header.
 */
export function clientAddress(forwardedFor: string | null | undefined): string | null {
  const hops = env().ECS_TRUSTED_PROXIES
  if (hops === 0 || !forwardedFor) return null
  const entries = forwardedFor.split(',').map((entry) => entry.trim())
  return entries[entries.length - hops]?.slice(0, 64) || null
}
