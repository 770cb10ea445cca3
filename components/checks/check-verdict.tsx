import type { CheckSummary } from '@/lib/checks/schema'
import { CheckBadge } from './check-badge'
import { CheckLine } from './check-line'

/** The verdict as a badge and a sentence. */
export function CheckVerdict({ check }: { check: CheckSummary }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <CheckBadge check={check} />
      <span>
        <CheckLine check={check} />
      </span>
    </p>
  )
}
