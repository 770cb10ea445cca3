import { z } from 'zod'
import { text } from '@/lib/fields'
import { isTypeId, memoryMibMax, priceMax, typeIdMax, vcpusMax } from './rules'

const count = (max: number) => z.number('number').int('number').min(1, 'number').max(max, 'too-large')
const price = z.number('number').int('number').min(0, 'number').max(priceMax, 'too-large')

export const newTypeInput = z.object({
  type: text(typeIdMax).refine(isTypeId, 'format'),
  vcpus: count(vcpusMax),
  memoryMib: count(memoryMibMax),
  amount: price,
})
export type NewTypeInput = z.infer<typeof newTypeInput>

export const typePriceInput = z.object({ type: text(typeIdMax), amount: price })
export type TypePriceInput = z.infer<typeof typePriceInput>

/** An instance type. `amount`: the price of an hour that begins now, in minor units of the currency. */
export type InstanceTypeOffer = { id: string; vcpus: number; memoryMib: number; amount: number; retired: boolean }

export type ComingPrice = { type: string; from: string; amount: number }
