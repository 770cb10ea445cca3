import { z } from 'zod'

/** A signed checkpoint as it is exported and kept elsewhere: up to the entry `seq` the chain of the account gave this hash. */
export const checkpoint = z.object({
  accountId: z.string(),
  seq: z.string().regex(/^\d{1,18}$/),
  hash: z.string(),
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.string(),
})
export type Checkpoint = z.infer<typeof checkpoint>
