import { CircleCheck } from 'lucide'
import type { ReactNode } from 'react'
import { classNames } from './class-names'
import { Icon } from './icon'

/**
 * What was just done, beside where it was done. The region is always there and its content comes and goes, because a screen
 * reader says only what changes inside one that it knows.
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
