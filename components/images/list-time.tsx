'use client'

import { useFormatter } from 'next-intl'

/**
 * A time in a list: the date, and the time of day if the table has room. The tooltip is complete. `isShort` leaves the time
 * out at 1280 px too, for a list with many operations.
 */
export function ListTime({ at, isShort = false }: { at: string; isShort?: boolean }) {
  const format = useFormatter()
  const date = new Date(at)
  return (
    <time
      dateTime={at}
      title={format.dateTime(date, { dateStyle: 'full', timeStyle: 'long' })}
      className="whitespace-nowrap tabular-nums"
    >
      <span className={isShort ? 'table-widest' : 'table-not-narrow'}>
        {format.dateTime(date, { dateStyle: 'medium', timeStyle: 'short' })}
      </span>
      <span className={isShort ? 'table-not-widest' : 'table-narrow'}>
        {format.dateTime(date, { dateStyle: 'medium' })}
      </span>
    </time>
  )
}
