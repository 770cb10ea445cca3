'use client'

import { type RefObject, useEffect, useRef, useState } from 'react'
import { ViewConnection, type ViewState } from '@/lib/viewers/connection'
import type { ViewHello } from '@/lib/viewers/ends'

type Viewer = { attach(socket: WebSocket, hello: ViewHello): void; next?: number | undefined }

type View = {
  state: ViewState
  /** Connects again after a stop; `isTakeOver` disconnects another viewer if all places are taken. */
  connect: (isTakeOver?: boolean) => void
}

/** Keeps a console or screen connected to its machine while that runs. */
export function useView(
  viewer: Viewer | null,
  isRunning: boolean,
  ticketUrl: (from: number | undefined, isTakeOver: boolean) => string,
): View {
  const [state, setState] = useState<ViewState>({ phase: 'connecting' })
  const connection = useRef<ViewConnection>(null)
  const url = useLatest(ticketUrl)
  useEffect(() => {
    if (!viewer || !isRunning) return
    const mine = new ViewConnection({
      ticketUrl: (from, isTakeOver) => url.current(from, isTakeOver),
      from: () => viewer.next,
      onOpen: (socket, hello) => viewer.attach(socket, hello),
      onState: setState,
    })
    connection.current = mine
    mine.connect()
    return () => mine.close()
  }, [viewer, isRunning, url])
  return { state, connect: (isTakeOver = false) => connection.current?.connect(isTakeOver) }
}

function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value)
  useEffect(() => {
    latest.current = value
  })
  return latest
}

/** Asks before the page is left once something was typed: a key meant for the machine, such as Ctrl-W, may close the tab. */
export function useLeavePrompt(hasTyped: boolean): void {
  useEffect(() => {
    if (!hasTyped) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [hasTyped])
}
