'use client'

import { useParams } from 'next/navigation'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { regionCookie, rememberPreference } from './preferences'

/** A region with its name in the visitor's language. */
export type RegionChoice = { id: string; name: string }

type CurrentRegion = { regions: RegionChoice[]; region: string; remember: (region: string) => void }

const CurrentRegionContext = createContext<CurrentRegion>({ regions: [], region: '', remember: () => undefined })

type CurrentRegionProviderProps = { regions: RegionChoice[]; remembered: string; children: ReactNode }

/** Provides the regions and the current one: the URL's, else the last used. */
export function CurrentRegionProvider({ regions, remembered, children }: CurrentRegionProviderProps) {
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
  return <CurrentRegionContext value={{ regions, region: inUrl ?? last, remember }}>{children}</CurrentRegionContext>
}

/** The current region, and a function to choose another where the URL has none. */
export function useCurrentRegion(): CurrentRegion {
  return useContext(CurrentRegionContext)
}

/** The name of a region. An id unknown to this page, of a region added since, is returned as it is. */
export function useRegionName(): (id: string) => string {
  const { regions } = useCurrentRegion()
  return (id) => regions.find((region) => region.id === id)?.name ?? id
}
