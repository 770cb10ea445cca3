import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { Notice } from '@/components/ui/notice'
import type { Deprecation } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

type DeprecationNoticeProps = { region: string; name: string; deprecation: Deprecation; leadsTo: 'image' | 'instance' }

/** Says that an image is deprecated, until when instances can be created from it, and what to use instead. */
export function DeprecationNotice({ region, name, deprecation, leadsTo }: DeprecationNoticeProps) {
  const t = useTranslations('deprecation')
  const format = useFormatter()
  const { retiresAt, isRetired, replacement } = deprecation
  // `retiresAt` is the end of the last day, so show the day before it.
  const day = retiresAt && format.dateTime(new Date(Date.parse(retiresAt) - 1), { dateStyle: 'long' })
  const href = leadsTo === 'image' ? paths.image : paths.createInstance
  return (
    <Notice tone={isRetired ? 'danger' : 'warn'} title={t(isRetired ? 'retiredTitle' : 'title', { name })}>
      <p>{day ? t(isRetired ? 'retired' : 'retires', { day }) : t('noEnd')}</p>
      {replacement && (
        <p>
          {t('use')}{' '}
          {replacement.id ? (
            <Link href={href(region, replacement.id)} className="font-medium text-accent underline">
              {replacement.name}
            </Link>
          ) : (
            <>
              <span className="font-medium">{replacement.name}</span> {t('notShared')}
            </>
          )}
        </p>
      )}
    </Notice>
  )
}
