import type { Refusal } from '@/lib/result'

/** Longest username of a master account, and longest login of a sub-account. */
export const usernameMax = 32
/** `<login>@<master>`, both at most 32. */
export const signInNameMax = 2 * usernameMax + 1
/** NIST SP 800-63B: length is what counts, so there is no rule of composition. */
export const passwordMin = 10
export const passwordMax = 128
/** Images per master account and region, unless the operator sets another number. */
export const imageQuotaDefault = 50
export const imageQuotaMax = 1_000_000

const usernamePattern = /^[a-z][a-z0-9]*([-._][a-z0-9]+)*$/

/** The form in which a username is stored and compared: as typed, without surrounding space, in lower case. */
export function foldUsername(typed: string): string {
  return typed.trim().toLowerCase()
}

/** Whether this is the name that a master account can have (or the login part of a sub-account's). */
export function isUsername(name: string): boolean {
  return name.length <= usernameMax && usernamePattern.test(name)
}

/** A display name that confirms a recipient to somebody who knows it and tells little to somebody who does not. */
export function maskDisplayName(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const letters = [...word]
      return `${letters[0] ?? ''}${'•'.repeat(Math.min(letters.length - 1, 6))}`
    })
    .join(' ')
}

/** A new image, own or shared, needs a free place of the quota. `used` counts every own image but failed ones, and shares. */
export function refuseImageQuota(facts: { used: number; quota: number; region: string }): Refusal | null {
  return facts.used >= facts.quota ? { code: 'IMAGE_QUOTA_FULL', ...facts } : null
}

/** A quota below what is used takes nothing away, so it must be meant. */
export function refuseQuotaChange(facts: { used: number; quota: number; forced: boolean }): Refusal | null {
  return facts.quota < facts.used && !facts.forced ? { code: 'QUOTA_BELOW_USE', used: facts.used } : null
}
