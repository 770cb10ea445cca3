import { z } from 'zod'
import { cursor, freeText, text } from '@/lib/fields'
import { priceMax } from '@/lib/instance-types/rules'

/** A bill's URL parameters: this month's by default. `shared`: only instances of images that others share. */
export const billParams = z.object({
  month: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/)
    .optional()
    .catch(undefined),
  images: z.enum(['all', 'shared']).catch('all'),
  after: cursor,
  before: cursor,
})
export type BillParams = z.infer<typeof billParams>

/** Amounts are in minor units of the currency. */
export type BillRow = {
  id: string
  kind: 'USAGE' | 'ADJUSTMENT'
  instanceId: string
  instanceName: string
  regionId: string
  typeId: string
  imageName: string
  /** Who shares the image; null if the account owns it. */
  sharedBy: string | null
  hours: number
  price: number
  amount: number
  note: string
}

/** One of the most expensive instances of a month; the last may be all others together. */
export type BillSeries = { instanceId: string | null; name: string; amount: number }

/** A day with lines: its number in the month, the amount of each series, and the total. */
export type BillDay = { day: number; amounts: number[]; hours: number; amount: number }

export type Bill = {
  month: string
  images: 'all' | 'shared'
  /** The previous and next month; null if that cannot have a line. */
  previous: string | null
  next: string | null
  currency: string
  total: number
  daysInMonth: number
  days: BillDay[]
  series: BillSeries[]
  rows: { items: BillRow[]; next: string | null; prev: string | null }
  /** For the current month only. */
  forecast: { running: number; rate: number; total: number } | null
}

const adjustmentNoteMax = 200

export const adjustInput = z.object({
  instanceId: text(64),
  hour: z.date(),
  amount: z
    .number('number')
    .int('number')
    .min(-priceMax, 'too-large')
    .max(priceMax, 'too-large')
    .refine((amount) => amount !== 0, 'required'),
  note: freeText(adjustmentNoteMax).pipe(z.string().min(1, 'required')),
})
export type AdjustInput = z.infer<typeof adjustInput>
