'use client'

import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { startTransition } from 'react'
import { Button } from '@/components/ui/button'
import { isPartMissing, latePart } from '@/lib/late-part'

const FaultRecovery = dynamic(() => latePart(() => import('./fault-recovery').then((module) => module.FaultRecovery)), {
  ssr: false,
})

type FaultPageProps = { error: Error & { digest?: string }; reset: () => void }

/**
 * Replaces a page that failed: what failed, Try again, and the reference. A server error has a reference in the log. An
 * error without one happened in the browser, with an unknown outcome; a missing script means that the page's build is gone.
 */
export function FaultPage({ error, reset }: FaultPageProps) {
  const { reference, isDatabaseSilent } = readDigest(error.digest)
  const ofServer = isDatabaseSilent ? 'faultDatabaseText' : 'faultText'
  const kind = reference ? ofServer : isPartMissing(error) ? 'faultOldText' : 'faultScreenText'
  const t = useTranslations('shell')
  const router = useRouter()
  // The data comes from the server, so refetch it before rendering again.
  const tryAgain = () => {
    if (!reference) return window.location.reload()
    startTransition(() => {
      router.refresh()
      reset()
    })
  }
  return (
    <main id="content" className="flex min-h-[60dvh] flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 className="font-semibold text-xl">{t('faultTitle')}</h1>
      <p role="alert" className="max-w-[60ch] text-ink-muted">
        {t(kind)}
      </p>
      {reference && <p className="font-mono text-ink-muted text-xs">{t('reference', { reference })}</p>}
      <Button kind="primary" onClick={tryAgain}>
        {reference ? t('tryAgain') : t('reload')}
      </Button>
      {isDatabaseSilent && <FaultRecovery onBack={tryAgain} />}
    </main>
  )
}

/** The digest from the server: whether the database did not answer, and the reference. */
function readDigest(digest: string | undefined) {
  const isDatabaseSilent = digest?.startsWith('database.') ?? false
  return { reference: isDatabaseSilent ? digest?.slice('database.'.length) : digest, isDatabaseSilent }
}
