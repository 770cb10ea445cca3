'use client'

import { useRef, useState } from 'react'

type Type = (text: string, told: { signal: AbortSignal; onDone: (share: number) => void }) => Promise<unknown>

/** Types a text over time, with its progress and a way to stop it. A new text stops the previous one. */
export function useTyping(type: Type): { progress: number | null; start: (text: string) => void; stop: () => void } {
  const [progress, setProgress] = useState<number | null>(null)
  const running = useRef<AbortController>(null)
  const stop = () => running.current?.abort()
  const start = async (text: string) => {
    stop()
    const mine = new AbortController()
    running.current = mine
    setProgress(0)
    await type(text, { signal: mine.signal, onDone: (share) => !mine.signal.aborted && setProgress(share) })
    if (running.current === mine) setProgress(null)
  }
  return { progress, start: (text) => void start(text), stop }
}
