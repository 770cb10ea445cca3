'use client'

import { useFormatter } from 'next-intl'

/** A moment in a list: the date, and the time if the table has room. The tooltip has all of it. */
export function ListTime({ at }: { at: string }) {
  const format = useFormatter()
  const date = new Date(at)
  return (
    <time
      dateTime={at}
      title={format.dateTime(date, { dateStyle: 'full', timeStyle: 'long' })}
      className="whitespace-nowrap tabular-nums"
    >
      <span className="table-not-narrow">{format.dateTime(date, { dateStyle: 'medium', timeStyle: 'short' })}</span>
      <span className="table-narrow">{format.dateTime(date, { dateStyle: 'medium' })}</span>
    </time>
  )
}
