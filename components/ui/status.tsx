import { CircleCheck } from 'lucide'
import type { ReactNode } from 'react'
import { classNames } from './class-names'
import { Icon } from './icon'

/**
 * The outcome of an operation, next to it. The live region always exists, because screen readers only announce changes
 * inside known ones.
 */
export function Status({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div role="status" className="text-sm">
      {children && (
        <div className={classNames('flex items-start gap-2', className)}>
          <Icon of={CircleCheck} className="mt-0.5 size-4 shrink-0 text-ok" />
          <div className="min-w-0 [overflow-wrap:anywhere]">{children}</div>
        </div>
      )}
    </div>
  )
}
