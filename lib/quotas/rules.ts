import type { RefusalOf } from '@/lib/result'

/** A master account's quota in each region, unless the operator sets another: so many images, and so many bytes of them. */
export const imageQuotaDefault = 50
export const imageQuotaMax = 1_000_000
export const bytesQuotaDefault = 200 * 2 ** 30
/** 1 PiB: more than any store here has. */
export const bytesQuotaMax = 2 ** 50

/** A new image, own or shared, needs a free place of the quota. `used` counts every own image but failed ones, and shares. */
export function refuseImageQuota(facts: {
  used: number
  quota: number
  region: string
}): RefusalOf<'IMAGE_QUOTA_FULL'> | null {
  return facts.used >= facts.quota ? { code: 'IMAGE_QUOTA_FULL', ...facts } : null
}

/**
 * Bytes are taken where they are kept: own images in every state but failed, and what is being brought. `used` does not count
 * what is asked for. An account that is over its quota, because the operator lowered it, gets not one byte more.
 */
export function refuseBytesQuota(facts: {
  used: number
  quota: number
  asked: number
  region: string
}): RefusalOf<'BYTES_QUOTA_FULL'> | null {
  return facts.used + facts.asked > facts.quota ? { code: 'BYTES_QUOTA_FULL', ...facts } : null
}

/** A place takes a promise of bytes only when they fit beside its reserve and all that is promised there already. */
export function refuseRoom(facts: {
  free: number
  promised: number
  asked: number
  region: string
}): RefusalOf<'STORE_FULL'> | null {
  return facts.promised + facts.asked > facts.free ? { code: 'STORE_FULL', region: facts.region } : null
}

/** A quota below what is used takes nothing away, so it must be meant. */
export function refuseQuotaChange(facts: {
  used: number
  quota: number
  forced: boolean
}): RefusalOf<'QUOTA_BELOW_USE'> | null {
  return facts.quota < facts.used && !facts.forced ? { code: 'QUOTA_BELOW_USE', used: facts.used } : null
}

/** The same of bytes. */
export function refuseBytesQuotaChange(facts: {
  used: number
  quota: number
  forced: boolean
}): RefusalOf<'BYTES_QUOTA_BELOW_USE'> | null {
  return facts.quota < facts.used && !facts.forced ? { code: 'BYTES_QUOTA_BELOW_USE', used: facts.used } : null
}
