'use client'

import { ChevronDown } from 'lucide'
import type { Route } from 'next'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { Icon } from '@/components/ui/icon'
import { MenuButton } from '@/components/ui/menu-button'
import { Pager } from '@/components/ui/pager'
import { countedMax, type PageRange, pageSizes } from '@/lib/pages'

type ListPagerProps = {
  list: { size: number }
  shown: { items: unknown[]; next: string | null; prev: string | null; range: PageRange }
  href: (change: { size?: number; after?: string; before?: string }) => Route
}

/** The shown rows of a list, the page size, and links to other pages. The URL is the state. */
export function ListPager({ list, shown, href }: ListPagerProps) {
  const t = useTranslations('pager')
  const tImages = useTranslations('images')
  const { items, next, prev, range } = shown
  // A list that fits the smallest page needs no choice of a size.
  const hasSizes = next !== null || prev !== null || items.length > pageSizes[0]
  if (items.length === 0 && !hasSizes) return null
  const to = range.from === null ? 0 : range.from + items.length - 1
  const total = range.total === null ? t('moreThan', { max: countedMax }) : t('total', { total: range.total })
  return (
    <Pager
      label={tImages('pages')}
      previousLabel={tImages('previous')}
      nextLabel={tImages('next')}
      previous={prev ? href({ before: prev }) : null}
      next={next ? href({ after: next }) : null}
      range={
        range.from === null || items.length === 0
          ? t('someOf', { count: items.length, total })
          : t('rangeOf', { from: range.from, to, total })
      }
      size={
        hasSizes && (
          <MenuButton
            label={t('size', { size: list.size })}
            align="end"
            className={buttonClass('secondary')}
            items={pageSizes.map((size) => ({
              kind: 'link',
              label: t('size', { size }),
              href: href({ size }),
              isChosen: size === list.size,
            }))}
          >
            {t('size', { size: list.size })}
            <Icon of={ChevronDown} className="size-4 text-ink-muted" />
          </MenuButton>
        )
      }
    />
  )
}
