import { CircleAlert, Info } from 'lucide'
import type { ReactNode, Ref } from 'react'
import { classNames } from './class-names'
import { Icon } from './icon'

type NoticeProps = { tone: 'danger' | 'info' | 'warn'; title?: string; children: ReactNode; ref?: Ref<HTMLDivElement> }

const looks = {
  danger: 'border-danger bg-danger-soft text-ink',
  warn: 'border-warn bg-warn-soft text-ink',
  info: 'border-line bg-surface-muted text-ink',
}
const iconLooks = { danger: 'text-danger', warn: 'text-warn', info: 'text-ink-muted' }

/** A message that stays on the page: the refusal of a form, or advice. */
export function Notice({ tone, title, children, ref }: NoticeProps) {
  const icon = tone === 'info' ? Info : CircleAlert
  return (
    <div
      ref={ref}
      role={tone === 'danger' ? 'alert' : undefined}
      tabIndex={tone === 'danger' ? -1 : undefined}
      className={classNames('flex items-start gap-2 rounded-control border px-3 py-2 text-sm', looks[tone])}
    >
      <Icon of={icon} className={classNames('mt-0.5 size-4 shrink-0', iconLooks[tone])} />
      <div className="min-w-0 [overflow-wrap:anywhere]">
        {title && <p className="font-semibold">{title}</p>}
        <div>{children}</div>
      </div>
    </div>
  )
}
