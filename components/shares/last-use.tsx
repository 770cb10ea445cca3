import { useTranslations } from 'next-intl'
import { ListTime } from '@/components/images/list-time'

/** When the recipient of a share last created an instance from its image, and how many it has. */
export function LastUse({ at, instances, isShort }: { at: string; instances: number; isShort?: boolean }) {
  const t = useTranslations('sharing')
  return (
    <span className="flex flex-col">
      <ListTime at={at} isShort={isShort} />
      {instances > 0 && <span className="text-ink-muted text-xs">{t('instances', { count: instances })}</span>}
    </span>
  )
}
