import { useTranslations } from 'next-intl'
import { Notice } from '@/components/ui/notice'
import type { ReadFailure } from '@/lib/images/schema'
import { useFailureText } from './failure-text'

/** The failure of an image, on its page. */
export function FailureNotice({ failure }: { failure: ReadFailure }) {
  const t = useTranslations('images')
  const failureText = useFailureText()
  return (
    <Notice tone="danger" title={t('failedTitle')}>
      <p>{failureText(failure)}</p>
      <p>{t('failedText')}</p>
    </Notice>
  )
}
