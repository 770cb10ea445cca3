import type { Route } from 'next'
import { useFormatter, useTranslations } from 'next-intl'
import type { NoticeItem } from '@/lib/notices/schema'
import { paths } from '@/lib/paths'

/** A notice as a sentence. */
export function useNoticeText(): (notice: NoticeItem) => string {
  const t = useTranslations('notices.text')
  const format = useFormatter()
  return ({ kind, side, other, image, details }) => {
    const facts = { other: other ?? '', image: image?.name ?? '' }
    const until = typeof details.until === 'string' ? new Date(details.until) : null
    const end = until ? format.dateTime(until, { dateStyle: 'medium', timeStyle: 'short' }) : ''
    switch (kind) {
      case 'share.received':
        return details.status === 'PENDING' ? t('share.offered', facts) : t('share.received', facts)
      case 'share.accepted':
        return t('share.accepted', facts)
      case 'share.declined':
        return t('share.declined', facts)
      case 'share.cancelled':
        return side === 'owner' ? t('share.givenBack', facts) : t('share.cancelled', facts)
      case 'share.ending':
        return side === 'owner'
          ? t('share.endingGiven', { ...facts, end })
          : t('share.endingReceived', { ...facts, end })
      case 'share.expired':
        return side === 'owner' ? t('share.expiredGiven', facts) : t('share.expiredReceived', facts)
      case 'image.deprecated':
        return t('image.deprecated', facts)
      case 'image.findings':
        return t('image.findings', { ...facts, count: Number(details.critical ?? 0) + Number(details.high ?? 0) })
      case 'image.ready':
        return t('image.ready', facts)
      case 'image.failed':
        return t('image.failed', facts)
      case 'session.place':
        return t('session.place', { place: String(details.place ?? '') })
    }
  }
}

/** Where a notice leads to; null if its thing is gone, or was never one. */
export function noticeHref({ kind, side, image, regionId }: NoticeItem): Route | null {
  if (kind === 'session.place') return paths.account()
  if (!image || !regionId) return null
  if (side === 'recipient') return image.isThere ? paths.image(regionId, image.id) : paths.sharedImages(regionId)
  if (!image.isThere) return null
  if (kind === 'image.findings') return paths.imageCheck(regionId, image.id)
  return kind.startsWith('share.') ? paths.shareImage(regionId, image.id) : paths.image(regionId, image.id)
}
