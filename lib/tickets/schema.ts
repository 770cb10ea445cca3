import { z } from 'zod'
import { flag, instanceId } from '@/lib/fields'
import { viewKinds } from './rules'

export const openTicketInput = z.object({
  instanceId,
  kind: z.enum(viewKinds, 'invalid'),
  /** The byte of the serial port to continue from; by default the oldest one kept. */
  from: z.coerce.number('number').int('number').min(0, 'number').max(Number.MAX_SAFE_INTEGER, 'too-large').optional(),
  takeOver: flag.default(false),
})
export type OpenTicketInput = z.output<typeof openTicketInput>

export type TicketGiven = { ticket: string }
