'use client'

import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { startTransition, useEffect, useEffectEvent } from 'react'
import { Button } from '@/components/ui/button'
import { isPartMissing } from '@/lib/late-part'

type FaultPageProps = { error: Error & { digest?: string }; reset: () => void }

/**
 * In place of a page: what failed, try again, the reference. Where the server could not make the page, its reference is in
 * the log. Without one the page broke in the browser, which says nothing of what was done before; where a part of the page
 * is gone, it belongs to an older build.
 */
export function FaultPage({ error, reset }: FaultPageProps) {
  const { reference, isDatabaseSilent } = readDigest(error.digest)
  const ofServer = isDatabaseSilent ? 'faultDatabaseText' : 'faultText'
  const kind = reference ? ofServer : isPartMissing(error) ? 'faultOldText' : 'faultScreenText'
  const t = useTranslations('shell')
  const router = useRouter()
  // The page's data comes from the server, so trying again means asking it again and only then rendering.
  const tryAgain = () => {
    if (!reference) return window.location.reload()
    startTransition(() => {
      router.refresh()
      reset()
    })
  }
  useRecovery(isDatabaseSilent, tryAgain)
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
    </main>
  )
}

/** The server says in a digest when the database was silent; the reference is what follows. */
function readDigest(digest: string | undefined) {
  const isDatabaseSilent = digest?.startsWith('database.') ?? false
  return { reference: isDatabaseSilent ? digest?.slice('database.'.length) : digest, isDatabaseSilent }
}

const lookEveryMs = 3_000

/** Tries again by itself once the database answers. */
function useRecovery(isWaiting: boolean, tryAgain: () => void): void {
  const recover = useEffectEvent(tryAgain)
  useEffect(() => {
    if (!isWaiting) return
    let timer = setTimeout(look, lookEveryMs)
    async function look() {
      const readiness = await fetch('/readyz')
        .then((answer) => answer.json())
        .catch(() => null)
      const isBack = Array.isArray(readiness?.notReady) && !readiness.notReady.includes('database')
      if (isBack) recover()
      timer = setTimeout(look, lookEveryMs)
    }
    return () => clearTimeout(timer)
  }, [isWaiting])
}
