'use client'

import { useTranslations } from 'next-intl'
import { Notice } from '@/components/ui/notice'
import { type HostView, hostNotice } from '@/lib/instances/rules'

/** Problems of the host for new instances, shown before one is created or started. Renders nothing if there are none. */
export function HostNotice({ host }: { host: HostView | null }) {
  const t = useTranslations('instanceHost')
  const notice = hostNotice(host)
  if (notice === null) return null
  if (notice === 'emulated')
    return (
      <p className="text-ink-muted text-sm">
        <span className="font-medium text-ink">{t('emulated.title')}.</span> {t('emulated.text')}
      </p>
    )
  return (
    <Notice tone="warn" title={t(`${notice}.title`)}>
      <p>{t(`${notice}.text`)}</p>
      {notice === 'noHypervisor' && host?.problem && <p className="font-mono text-xs">{host.problem}</p>}
      {notice === 'noNetwork' && <p className="font-mono text-xs">{host?.networkProblem}</p>}
    </Notice>
  )
}
