'use client'

import { useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { imageCheckQuery } from '@/lib/checks/queries'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'

/** Looks how a check goes on, and has the server make the page anew whenever it says something else. */
export function CheckPoll({ region, imageId }: { region: string; imageId: string }) {
  const router = useRouter()
  const { data, dataUpdatedAt } = useQuery(imageCheckQuery(region, imageId))
  const said = data?.view === 'owner' ? `${data.state} ${data.isQueued} ${data.filesLooked} ${data.filesTotal}` : ''
  const shown = useRef('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was not shown is tried again with each answer.
  useEffect(() => {
    if (!said || said === shown.current) return
    // Somebody else may have signed in since the answer. For them the page is not there, and what is typed on it would be lost.
    const show = () => {
      shown.current = said
      router.refresh()
    }
    fetchJson(paths.api.pageStatus()).then(show, () => {})
  }, [said, dataUpdatedAt, router])
  return null
}
