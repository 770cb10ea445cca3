import type { Route } from 'next'
import { useTranslations } from 'next-intl'
import { noticeSentence } from '@/lib/notices/rules'
import type { NoticeItem } from '@/lib/notices/schema'
import { paths } from '@/lib/paths'

/** A notice as a sentence. */
export function useNoticeText(): (notice: NoticeItem) => string {
  const t = useTranslations('notices.text')
  return (notice) => {
    const { key, facts } = noticeSentence(notice)
    return t(key, facts)
  }
}

/** The page that a notice links to; null if its resource cannot be opened, or it has none. */
export function noticeHref({ kind, side, image, regionId }: NoticeItem): Route | null {
  if (kind === 'session.place') return paths.account()
  if (!image || !regionId) return null
  if (image.id === null) return side === 'recipient' ? paths.sharedImages(regionId) : null
  if (side === 'recipient') return paths.image(regionId, image.id)
  if (kind === 'image.findings') return paths.imageCheck(regionId, image.id)
  return kind.startsWith('share.') ? paths.shareImage(regionId, image.id) : paths.image(regionId, image.id)
}
