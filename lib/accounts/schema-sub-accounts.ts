import { z } from 'zod'
import { accountId, freeText, regionId } from '@/lib/fields'
import { type Grant, policyNames } from '@/lib/permissions'
import { displayNameMax } from './rules'
import { newPassword, username } from './schema'

/** A policy as text, `Sharing` for all regions or `Sharing=cn-shanghai,cn-shenzhen` for named ones. */
export const grant = z
  .string('invalid')
  .regex(/^[A-Za-z]+(=[a-z0-9-]+(,[a-z0-9-]+)*)?$/, 'format')
  .transform((typed) => {
    const [policy, regions] = typed.split('=')
    return { policy, regions: regions === undefined ? null : [...new Set(regions.split(','))] }
  })
  .pipe(z.object({ policy: z.enum(policyNames, 'invalid'), regions: z.array(regionId).nullable() }))

/** The policies from a form with a box for each region. A policy for all regions includes its boxes for single ones. */
const grants = z
  .array(grant)
  .max(1_000, 'too-many')
  .default([])
  .transform((ticked): Grant[] =>
    policyNames.flatMap((policy) => {
      const regions = ticked.filter((one) => one.policy === policy).map((one) => one.regions)
      if (regions.length === 0) return []
      const named = regions.flatMap((some) => some ?? [])
      return [{ policy, regions: regions.includes(null) ? null : [...new Set(named)] }]
    }),
  )

export const createSubAccountInput = z.object({
  login: username,
  /** If empty, the login name is used. */
  displayName: freeText(displayNameMax)
    .refine((name) => !name.includes('\n'), 'characters')
    .default(''),
  newPassword,
  grants,
})
export type CreateSubAccountInput = z.infer<typeof createSubAccountInput>

export const subAccountInput = z.object({ accountId })
export type SubAccountInput = z.infer<typeof subAccountInput>

export const resetPasswordInput = z.object({ accountId, newPassword })
export type ResetPasswordInput = z.infer<typeof resetPasswordInput>

export const attachPoliciesInput = z.object({ accountId, grants })
export type AttachPoliciesInput = z.infer<typeof attachPoliciesInput>

export type SubAccount = {
  id: string
  username: string
  displayName: string
  email: string
  isDisabled: boolean
  createdAt: string
  lastSignInAt: string | null
  grants: Grant[]
}
