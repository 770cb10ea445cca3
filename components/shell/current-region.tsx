'use client'

import { useParams } from 'next/navigation'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { regionCookie, rememberPreference } from './preferences'

type CurrentRegion = { region: string; remember: (region: string) => void }

const CurrentRegionContext = createContext<CurrentRegion>({ region: '', remember: () => undefined })

/** Knows which region is looked at: the one in the URL, else the one that was used last, also in earlier visits. */
export function CurrentRegionProvider({ remembered, children }: { remembered: string; children: ReactNode }) {
  const inUrl = useParams<{ region?: string }>().region
  const [last, setLast] = useState(remembered)
  const remember = (region: string) => {
    rememberPreference(regionCookie, region)
    setLast(region)
  }
  useEffect(() => {
    if (!inUrl) return
    rememberPreference(regionCookie, inUrl)
    setLast(inUrl)
  }, [inUrl])
  return <CurrentRegionContext value={{ region: inUrl ?? last, remember }}>{children}</CurrentRegionContext>
}

/** The region that is looked at, and how to look at another where the URL names none. */
export function useCurrentRegion(): CurrentRegion {
  return useContext(CurrentRegionContext)
}
