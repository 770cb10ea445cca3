import { z } from 'zod'
import { freeText, requiredText, text } from '@/lib/fields'
import { preparePassword } from '@/lib/prepare-password'
import type { RegionQuota } from '@/lib/quotas/schema'
import {
  displayNameMax,
  foldUsername,
  type IncomingPolicyName,
  incomingNamesMax,
  incomingPolicies,
  isUsername,
  passwordMax,
  passwordMin,
  splitUsernames,
  usernameMax,
} from './rules'

/** The longest e-mail address (RFC 5321). */
const emailMax = 254

export const username = requiredText(usernameMax, foldUsername, isUsername)
/** One entry of the recipients' field. Any characters, so that a refusal can quote it. */
export const recipientName = text(256)
  .transform(foldUsername)
  .pipe(
    z
      .string()
      .min(1, 'required')
      .max(256, 'too-long')
      .refine((name) => !/\p{Cc}/u.test(name), 'characters'),
  )
export const lookUpParams = z.object({ username: recipientName })
export type LookUpParams = z.infer<typeof lookUpParams>

/** The real limit applies to the prepared form, which may be shorter than the typed one. */
export const newPassword = text(4 * passwordMax)
  .transform(preparePassword)
  .pipe(text(passwordMax).min(passwordMin, 'too-short'))

export const displayName = freeText(displayNameMax).pipe(
  z
    .string()
    .min(1, 'required')
    .refine((name) => !name.includes('\n'), 'characters'),
)
export const email = text(emailMax).refine((typed) => typed === '' || z.email().safeParse(typed).success, 'format')

export const changePasswordInput = z.object({
  currentPassword: text(4 * passwordMax).min(1, 'required'),
  newPassword,
})
export type ChangePasswordInput = z.infer<typeof changePasswordInput>

/** Usernames as typed or pasted, on any number of lines. */
const incomingNames = text(16_384).transform(splitUsernames).pipe(z.array(username).max(incomingNamesMax, 'too-many'))

export const setIncomingInput = z.object({
  policy: z.enum(incomingPolicies, 'invalid'),
  allowed: incomingNames.default([]),
  blocked: incomingNames.default([]),
})
export type SetIncomingInput = z.infer<typeof setIncomingInput>

export type Incoming = { policy: IncomingPolicyName; allowed: string[]; blocked: string[] }

export const accountName = z.object({ id: z.string(), username: z.string() })
export type AccountName = z.infer<typeof accountName>

export type AccountRecord = {
  id: string
  username: string
  kind: 'MASTER' | 'SUB'
  master: string | null
  displayName: string
  email: string
  disabled: boolean
  createdAt: string
}

/** Account Info. A sub-account sees its own Basic Info and the quotas of its master, which it uses. */
export type AccountInfo = {
  id: string
  username: string
  kind: 'MASTER' | 'SUB'
  masterUsername: string | null
  displayName: string
  email: string
  createdAt: string
  quotas: RegionQuota[]
}

/** The answer to a look-up of one exact username. Never a list, and the display name is masked. */
export type Recipient =
  | { username: string; status: 'found'; displayName: string }
  | { username: string; status: 'unknown' | 'you' }
  | { username: string; status: 'limited'; resetsAt: string }
