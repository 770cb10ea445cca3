import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import type { ImageCheck } from '@/lib/checks/schema'
import { paths } from '@/lib/paths'
import { CheckVerdict } from './check-verdict'
import { CheckWatch } from './check-watch'
import { HeldCheckLine } from './held-check-line'

type ImageCheckCardProps = { region: string; imageId: string; check: ImageCheck }

/** The verdict on an image's page: for the owner with a link to the report, for a recipient one line. */
export function ImageCheckCard({ region, imageId, check }: ImageCheckCardProps) {
  const t = useTranslations('check')
  if (check.view === 'recipient') {
    const isKnown = check.checkedAt !== null && check.state !== 'failed'
    return isKnown ? (
      <Card title={t('title')}>
        <p className="px-4 py-3">
          <HeldCheckLine check={check} />
        </p>
      </Card>
    ) : null
  }
  return (
    <Card title={t('title')}>
      <div className="flex flex-col gap-2 px-4 py-3">
        <CheckVerdict check={check} />
        <Link href={paths.imageCheck(region, imageId)} className="w-fit rounded-sm font-medium text-accent underline">
          {t('toReport')}
        </Link>
        <CheckWatch region={region} imageId={imageId} check={check} />
      </div>
    </Card>
  )
}
