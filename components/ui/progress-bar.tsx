import { classNames } from './class-names'

type ProgressBarProps = { label: string; done: number; max: number; tone?: 'accent' | 'ok' | 'danger' | 'muted' }

const tones = { accent: 'bg-accent', ok: 'bg-ok', danger: 'bg-danger', muted: 'bg-line-strong' }

/** A progress bar that announces its percentage; indeterminate without a total. */
export function ProgressBar({ label, done, max, tone = 'accent' }: ProgressBarProps) {
  const percent = max > 0 ? Math.min(100, Math.floor((done / max) * 100)) : undefined
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        className={classNames('h-full rounded-full', tones[tone], percent === undefined && 'animate-pulse-soft')}
        style={{ width: `${percent ?? 33}%` }}
      />
    </div>
  )
}
