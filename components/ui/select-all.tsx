'use client'

import { useEffect, useRef } from 'react'

type SelectAllProps = {
  selection: { isAll: boolean; isSome: boolean; toggleAll: () => void }
  label: string
  /** The number of selected rows, as text. */
  count: string
}

/** The checkbox that selects all rows of a page, and the number of selected rows. Without scripts rows are selected one by one. */
export function SelectAll({ selection: { isAll, isSome, toggleAll }, label, count }: SelectAllProps) {
  const all = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (all.current) all.current.indeterminate = isSome
  }, [isSome])
  return (
    <>
      <label className="inline-flex min-h-6 items-center gap-2 text-sm noscript:hidden">
        <input ref={all} type="checkbox" checked={isAll} onChange={toggleAll} className="size-4 accent-accent" />
        {label}
      </label>
      <span role="status" className="text-ink-muted text-xs tabular-nums noscript:hidden">
        {count}
      </span>
    </>
  )
}
