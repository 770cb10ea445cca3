'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { regionContentsQuery } from '@/lib/regions/queries'
import { type RegionChoice, useCurrentRegion } from './current-region'
import { RegionTriggerFace, regionTriggerClass } from './region-trigger'

// The list is fetched when it is about to open; until then the picker is a plain button of the same look and role.
const loadSelect = () => latePart(() => import('./region-select'))
const RegionSelect = dynamic(() => loadSelect().then((module) => module.RegionSelect), { ssr: false })

/** Shows and changes the current region. */
export function RegionPicker({ regions }: { regions: RegionChoice[] }) {
  const t = useTranslations('shell')
  const { region: currentId } = useCurrentRegion()
  const [isActive, setActive] = useState(false)
  const { data: contents = [] } = useQuery(regionContentsQuery())
  const current = regions.find((region) => region.id === currentId) ?? regions[0]
  const hasNews = contents.some(({ region, newShares }) => region !== current?.id && newShares > 0)

  if (!current) return null
  if (isActive) return <RegionSelect regions={regions} current={current} hasNews={hasNews} label={t('region')} />
  return (
    <form action={paths.preferences()} className="contents">
      <button
        type="submit"
        role="combobox"
        aria-label={t('region')}
        aria-expanded={false}
        aria-haspopup="listbox"
        onPointerEnter={() => void loadSelect()}
        onFocus={() => void loadSelect()}
        onClick={(event) => {
          event.preventDefault()
          void loadSelect().then(() => setActive(true))
        }}
        onKeyDown={(event) => event.key.startsWith('Arrow') && loadSelect().then(() => setActive(true))}
        className={regionTriggerClass}
      >
        <RegionTriggerFace name={current.name} hasNews={hasNews} />
      </button>
    </form>
  )
}
