'use client'

import { useTranslations } from 'next-intl'
import { diskReasons } from '@/lib/disks/reasons'
import type { ImageFailure } from '@/lib/images/schema'

/** Why an image failed, as a sentence. A code that another version of the console wrote is shown as it is. */
export function useFailureText(): (failure: ImageFailure) => string {
  const t = useTranslations()
  return ({ code, reason, facts = {} }) => {
    const disk = diskReasons.find((known) => known === reason)
    if (disk) return t(`disks.${disk}`, facts)
    if (code === 'IMPORT_INTERRUPTED') return t('failures.IMPORT_INTERRUPTED')
    if (code === 'IMPORT_FAULT') return t('failures.IMPORT_FAULT', { reference: String(facts.reference ?? '') })
    if (code === 'IMAGE_TOO_LARGE') return t('refusals.IMAGE_TOO_LARGE', { max: Number(facts.max ?? 0) })
    if (code === 'STORE_FULL') return t('refusals.STORE_FULL')
    return t('failures.other', { code })
  }
}
