'use client'

import { useRef, useState } from 'react'

/**
 * The selected rows of a page. Only rows that are shown count, so that nothing is done to a row that has gone. With Shift, by
 * mouse or Space, all rows from the previous click to this one get the same state.
 */
export function useSelection(keys: string[]) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const last = useRef<string | null>(null)
  const selected = keys.filter((key) => chosen.has(key))
  const toggle = (key: string, isRange: boolean) => {
    const [from, to] = [isRange ? keys.indexOf(last.current ?? key) : -1, keys.indexOf(key)]
    const range = from < 0 ? [key] : keys.slice(Math.min(from, to), Math.max(from, to) + 1)
    const isChosen = !chosen.has(key)
    const rest = [...chosen].filter((other) => !range.includes(other))
    setChosen(new Set(isChosen ? [...rest, ...range] : rest))
    last.current = key
  }
  const isAll = keys.length > 0 && selected.length === keys.length
  return {
    selected: new Set(selected),
    isAll,
    isSome: selected.length > 0 && !isAll,
    toggle,
    toggleAll: () => setChosen(new Set(isAll ? [] : keys)),
    clear: () => setChosen(new Set()),
  }
}
