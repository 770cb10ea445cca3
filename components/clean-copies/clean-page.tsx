import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { Card } from '@/components/ui/card'
import { Notice } from '@/components/ui/notice'
import type { CleanForm as Form } from '@/lib/clean-copies/schema'
import { paths } from '@/lib/paths'
import { CleanByHand } from './clean-by-hand'
import { CleanForm } from './clean-form'
import { CleanStaying } from './clean-staying'

type CleanPageProps = { region: string; form: Form; idempotencyKey: string }

/** The page that makes a clean copy, or says how to clean the disk inside its machine if nothing can be done here. */
export function CleanPage({ region, form, idempotencyKey }: CleanPageProps) {
  const t = useTranslations('clean')
  const { image } = form
  const staying = form.items.filter(({ kept }) => kept !== null)
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('title')} line={t('line')} />
      {!form.isOn || !form.isChecked ? (
        <Notice tone="info">
          <p>{t(form.isOn ? 'needsCheck' : 'off')}</p>
          <Link href={paths.imageCheck(region, image.id)} className="font-medium underline">
            {t('toReport')}
          </Link>
        </Notice>
      ) : (
        form.isCleanable && <CleanForm region={region} form={form} idempotencyKey={idempotencyKey} />
      )}
      {staying.length > 0 && (
        <Card title={t('staying')}>
          <CleanStaying items={staying} />
        </Card>
      )}
      {form.isChecked && (!form.isCleanable || staying.length > 0) && (
        <Card title={t('handTitle')}>
          <CleanByHand isWindows={form.isWindows} isOnlyWay={!form.isCleanable} />
        </Card>
      )}
    </main>
  )
}
