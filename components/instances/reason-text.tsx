'use client'

import { useTranslations } from 'next-intl'
import { Ellipsis } from '@/components/ui/ellipsis'
import type { ReadReason } from '@/lib/instances/schema'

/** Why an instance failed, waits or has stopped, as a sentence, followed by QEMU's own message. */
export function useReasonText(): (reason: ReadReason) => string {
  const t = useTranslations()
  return ({ code, detail }) => {
    const text = t(`instanceReasons.${code}`)
    return detail ? `${text} ${t('instances.detail', { detail })}` : text
  }
}

/** The same reason under an instance's name in a list. */
export function ReasonLine({ reason, isBad }: { reason: ReadReason; isBad: boolean }) {
  const reasonText = useReasonText()
  const look = isBad ? 'text-danger text-xs' : 'text-ink-muted text-xs'
  return <Ellipsis text={reasonText(reason)} lines="two" className={look} />
}
