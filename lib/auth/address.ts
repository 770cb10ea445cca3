import { env } from '@/lib/env'

/**
 * The address that the outermost trusted proxy wrote, counted from the right. Null with no trusted proxy: clients can
 * forge it.
 */
export function clientAddress(forwardedFor: string | null | undefined): string | null {
  const hops = env().ECS_TRUSTED_PROXIES
  if (hops === 0 || !forwardedFor) return null
  const entries = forwardedFor.split(',').map((entry) => entry.trim())
  return entries[entries.length - hops]?.slice(0, 64) || null
}
