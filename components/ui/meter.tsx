import { useId } from 'react'
import { classNames } from './class-names'

type MeterProps = {
  label: string
  used: number
  max: number
  hint: string
  format?: (value: number) => string
  /** The id of a heading above several meters, which becomes part of each meter's name. */
  under?: string
}

/** The use of a limit: a bar, the numbers, and when or how it frees. Warns from 80 %, shows danger at 100 %. */
export function Meter({ label, used, max, hint, format = String, under }: MeterProps) {
  const id = useId()
  const share = max > 0 ? used / max : 1
  const tone = share >= 1 ? 'bg-danger' : share >= 0.8 ? 'bg-warn' : 'bg-accent'
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-3">
        <span id={id} className="font-medium text-sm">
          {label}
        </span>
        <span className="text-sm tabular-nums">{`${format(used)} / ${format(max)}`}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw <meter> themselves and cannot all be styled alike. */}
      <div
        role="meter"
        aria-labelledby={under ? `${under} ${id}` : id}
        aria-valuenow={Math.min(used, max)}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuetext={`${format(used)} / ${format(max)}`}
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={classNames('h-full origin-left rounded-full', tone)}
          style={{ width: `${Math.min(100, share * 100)}%` }}
        />
      </div>
      <span className={classNames('text-xs', share >= 1 ? 'text-danger' : 'text-ink-muted')}>{hint}</span>
    </div>
  )
}
