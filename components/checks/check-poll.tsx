'use client'

import { useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { imageCheckQuery } from '@/lib/checks/queries'

/** Looks how a check goes on, and has the server make the page anew whenever it says something else. */
export function CheckPoll({ region, imageId }: { region: string; imageId: string }) {
  const router = useRouter()
  const { data } = useQuery(imageCheckQuery(region, imageId))
  const said = data?.view === 'owner' ? `${data.state} ${data.isQueued} ${data.filesLooked} ${data.filesTotal}` : ''
  useEffect(() => {
    if (said) router.refresh()
  }, [said, router])
  return null
}
