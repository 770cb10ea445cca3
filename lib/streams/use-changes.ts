'use client'

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { paths } from '@/lib/paths'
import { noteStream } from '@/lib/poll'

/** Beats come every 15 s. Without one for this long, the stream is dead and nobody has said so, or it was refused. */
const silentMs = 40_000
/** Longer than a tab that signs out takes to leave the page. */
const leavingMs = 5_000

/**
 * Keeps a stream of changes open while the page is visible, and reads again what they concern. A browser has few connections to a
 * server, so hidden tabs keep none. Without a stream the lists ask by themselves.
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
    // The session or the server has ended: what is read then says which. A tab that has signed out is gone by then.
    source.addEventListener('end', () => {
      close()
      timer = setTimeout(() => {
        void client.invalidateQueries()
        open()
      }, leavingMs)
    })
    // The browser connects again by itself after an error of the network.
    source.addEventListener('error', () => noteStream(false))
  }
  open()
  document.addEventListener('visibilitychange', open)
  return () => {
    document.removeEventListener('visibilitychange', open)
    close()
  }
}
