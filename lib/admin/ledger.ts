import 'server-only'
import { findCurrency } from '@/lib/billing/reads'
import { adjustInput } from '@/lib/billing/schema'
import { adjustLedger } from '@/lib/billing/writes-adjust'
import { formatAmount } from '@/lib/format'
import { ok, type Result } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer } from './output'
import { parseInput } from './refusals'
import { toMinor } from './type'

export async function adjust(
  which: { instanceId: string; hour: Date; note: string },
  typed: string,
): Promise<Result<Answer>> {
  const amount = await toMinor(typed)
  if (!amount.ok) return amount
  const input = parseInput(adjustInput, { ...which, amount: amount.value })
  if (!input.ok) return input
  const adjusted = await adjustLedger(operatorContext(), input.value)
  if (!adjusted.ok) return adjusted
  const shown = formatAmount(amount.value, await findCurrency(), 'en')
  return ok(
    answer(adjusted.value, [
      `Added ${shown} to the bill of ${adjusted.value.account} for ${which.instanceId} at ${adjusted.value.hour}.`,
    ]),
  )
}
