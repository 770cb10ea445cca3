'use client'

import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { startTransition } from 'react'
import { Button } from '@/components/ui/button'

/** What failed, try again, the reference: in place of a page that could not be made. */
export function FaultPage({ reference, reset }: { reference: string | undefined; reset: () => void }) {
  const t = useTranslations('shell')
  const router = useRouter()
  // The page's data comes from the server, so trying again means asking it again and only then rendering.
  const tryAgain = () =>
    startTransition(() => {
      router.refresh()
      reset()
    })
  return (
    <main id="content" className="flex min-h-[60dvh] flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 className="font-semibold text-xl">{t('faultTitle')}</h1>
      <p role="alert" className="max-w-[60ch] text-ink-muted">
        {t('faultText')}
      </p>
      {reference && <p className="font-mono text-ink-muted text-xs">{t('reference', { reference })}</p>}
      <Button kind="primary" onClick={tryAgain}>
        {t('tryAgain')}
      </Button>
    </main>
  )
}
