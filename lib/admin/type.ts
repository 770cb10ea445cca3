import 'server-only'
import { findCurrency } from '@/lib/billing/reads'
import { minorOf } from '@/lib/billing/rules'
import { formatAmount, minorDigits } from '@/lib/format'
import { listComingPrices, listInstanceTypes } from '@/lib/instance-types/reads'
import { newTypeInput, typePriceInput } from '@/lib/instance-types/schema'
import { addInstanceType, retireInstanceType, setInstancePrice } from '@/lib/instance-types/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'
import { parseInput } from './refusals'

export async function showTypes(): Promise<Result<Answer>> {
  const [types, coming, currency] = await Promise.all([listInstanceTypes(), listComingPrices(), findCurrency()])
  const rows = types.map((type) => ({ ...type, currency, coming: coming.filter((price) => price.type === type.id) }))
  const money = (amount: number) => formatAmount(amount, currency, 'en')
  const columns = [
    { header: 'Type', cell: (row: (typeof rows)[number]) => row.id },
    { header: 'vCPUs', cell: (row: (typeof rows)[number]) => row.vcpus, isRight: true as const },
    { header: 'Memory MiB', cell: (row: (typeof rows)[number]) => row.memoryMib, isRight: true as const },
    { header: 'An hour', cell: (row: (typeof rows)[number]) => money(row.amount), isRight: true as const },
    {
      header: 'To come',
      cell: (row: (typeof rows)[number]) =>
        row.coming.map(({ amount, from }) => `${money(amount)} from ${from}`).join(', ') || '–',
    },
    { header: '', cell: (row: (typeof rows)[number]) => (row.retired ? 'retired' : '') },
  ]
  return ok(list(rows, columns, 'There is no instance type yet. The worker adds the first ones when it starts.'))
}

export async function addType(
  type: { type: string; vcpus: number; memoryMib: number },
  price: string,
): Promise<Result<Answer>> {
  const amount = await toMinor(price)
  if (!amount.ok) return amount
  const input = parseInput(newTypeInput, { ...type, amount: amount.value })
  if (!input.ok) return input
  const added = await addInstanceType(operatorContext(), input.value)
  return added.ok ? ok(answer(input.value, [`Added the instance type ${type.type}.`])) : added
}

export async function changePrice(type: string, price: string): Promise<Result<Answer>> {
  const amount = await toMinor(price)
  if (!amount.ok) return amount
  const input = parseInput(typePriceInput, { type, amount: amount.value })
  if (!input.ok) return input
  const set = await setInstancePrice(operatorContext(), input.value)
  if (!set.ok) return set
  const shown = formatAmount(set.value.amount, await findCurrency(), 'en')
  return ok(answer(set.value, [`An hour of ${type} costs ${shown} from ${set.value.from} on.`]))
}

export async function retireType(type: string): Promise<Result<Answer>> {
  const retired = await retireInstanceType(operatorContext(), type)
  return retired.ok ? ok(answer(retired.value, [`${type} cannot be chosen any more.`])) : retired
}

export async function toMinor(typed: string): Promise<Result<number>> {
  const minor = minorOf(typed, minorDigits(await findCurrency()))
  return minor === null ? refuse({ code: 'INVALID_INPUT', field: 'amount', problem: 'format' }) : ok(minor)
}
