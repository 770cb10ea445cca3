'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { useRegionContentsText } from '@/components/shell/region-contents'
import { paths } from '@/lib/paths'
import { regionContentsQuery } from '@/lib/regions/queries'
import type { RegionContents } from '@/lib/regions/schema'

type ImageTab = 'custom' | 'shared'
type Place = ImageTab | 'instances'

/** Links from an empty list to the account's content elsewhere: in other regions, and on the other tab. */
export function FilledRegions({ region, tab }: { region: string; tab: Place }) {
  const t = useTranslations('regions')
  const nameOf = useRegionName()
  const textOf = useRegionContentsText()
  const { data = [] } = useQuery(regionContentsQuery())
  const filled = data.filter(({ images, shares, instances }) => (tab === 'instances' ? instances : images + shares) > 0)
  if (filled.length === 0) return null
  return (
    <div className="mt-4 border-line border-t pt-3">
      <p>{t(tab === 'instances' ? 'filledInstances' : 'filled')}</p>
      <ul className="mt-1 flex flex-col items-center">
        {filled.map((contents) => (
          <li key={contents.region}>
            <Link
              href={
                tab === 'instances'
                  ? paths.instances(contents.region)
                  : hrefOf(contents, contents.region === region ? other(tab) : tab)
              }
              className="inline-block rounded-sm py-0.5 font-medium text-accent hover:underline"
            >
              {nameOf(contents.region)}
            </Link>{' '}
            <span>{`· ${textOf(contents)}`}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function other(tab: ImageTab): ImageTab {
  return tab === 'custom' ? 'shared' : 'custom'
}

/** The wanted tab of a region, or its other tab if only that has content. */
function hrefOf({ region, images, shares }: RegionContents, wanted: ImageTab) {
  const isCustom = wanted === 'custom' ? images > 0 : shares === 0
  return isCustom ? paths.customImages(region) : paths.sharedImages(region)
}
