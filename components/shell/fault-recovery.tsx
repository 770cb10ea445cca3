'use client'

import { useEffect, useEffectEvent } from 'react'

const lookEveryMs = 3_000

/** Polls until the database answers again, then calls back. */
export function FaultRecovery({ onBack }: { onBack: () => void }) {
  const recover = useEffectEvent(onBack)
  useEffect(() => {
    let timer = setTimeout(look, lookEveryMs)
    async function look() {
      const readiness = await fetch('/readyz')
        .then((answer) => answer.json())
        .catch(() => null)
      const isBack = Array.isArray(readiness?.notReady) && !readiness.notReady.includes('database')
      if (isBack) recover()
      timer = setTimeout(look, lookEveryMs)
    }
    return () => clearTimeout(timer)
  }, [])
  return null
}
