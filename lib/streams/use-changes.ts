'use client'

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { paths } from '@/lib/paths'
import { noteStream } from '@/lib/poll'

/** Beats come every 15 s. Without one for this long, the stream is dead without an error, or was refused. */
const silentMs = 40_000
/** Longer than a tab that signs out takes to leave the page. */
const leavingMs = 5_000

/**
 * Keeps a stream of changes open while the page is visible, and refetches the changed queries. Browsers allow few connections to
 * one server, so hidden tabs have none. Without a stream lists poll.
 */
export function useChanges(): void {
  const client = useQueryClient()
  useEffect(() => listen(client), [client])
}

function listen(client: QueryClient): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const close = () => {
    clearTimeout(timer)
    source?.close()
    noteStream(false)
  }
  const openLater = () => {
    clearTimeout(timer)
    timer = setTimeout(open, silentMs)
  }
  function open() {
    close()
    if (document.hidden) return
    openLater()
    source = new EventSource(paths.api.changes())
    source.addEventListener('beat', () => {
      noteStream(true)
      openLater()
    })
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      openLater()
      for (const key of data.split(',')) void client.invalidateQueries(key === 'all' ? {} : { queryKey: [key] })
    })
    // The session or the server has ended; the refetch tells which. A tab that has signed out is gone by then.
    source.addEventListener('end', () => {
      close()
      timer = setTimeout(() => {
        void client.invalidateQueries()
        open()
      }, leavingMs)
    })
    // After a network error the browser reconnects by itself.
    source.addEventListener('error', () => noteStream(false))
  }
  open()
  document.addEventListener('visibilitychange', open)
  return () => {
    document.removeEventListener('visibilitychange', open)
    close()
  }
}
