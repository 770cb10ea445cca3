import { classNames } from './class-names'

/** How far something has come, in percent. Without a number it moves and says only that something is done. */
export function Progress({ label, percent }: { label: string; percent: number | null }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      className="h-1 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        className={classNames('h-full rounded-full bg-accent', percent === null && 'w-1/3 animate-pulse-soft')}
        style={percent === null ? undefined : { width: `${percent}%` }}
      />
    </div>
  )
}
