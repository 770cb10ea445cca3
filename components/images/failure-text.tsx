'use client'

import { useTranslations } from 'next-intl'
import { diskReasons } from '@/lib/disks/reasons'
import type { ReadFailure } from '@/lib/images/schema'

const noCleanFacts = { path: '', package: '', partition: 0 }

/** Why an image failed, as a sentence. A code that another version of the console wrote is shown as it is. */
export function useFailureText(): (failure: ReadFailure) => string {
  const t = useTranslations()
  return ({ code, reason, facts = {} }) => {
    const disk = diskReasons.find((known) => known === reason)
    // Earlier versions did not keep the format, as most sentences served qcow2 alone.
    if (disk) return t(`disks.${disk}`, { format: 'qcow2', ...facts })
    switch (code) {
      case 'IMPORT_FAULT':
      case 'COPY_FAULT':
      case 'CLEAN_FAULT':
        return t(`failures.${code}`, { reference: String(facts.reference ?? '') })
      case 'IMAGE_TOO_LARGE':
        return t('refusals.IMAGE_TOO_LARGE', { max: Number(facts.max ?? 0) })
      case 'CLEAN_REFUSED':
        return t('refusals.CLEAN_REFUSED', { ...noCleanFacts, ...facts, reason: reason ?? '' })
      case 'DISK_REFUSED':
        return t('failures.other', { code })
      case 'UNKNOWN':
        return t('failures.other', { code: String(facts.code) })
      default:
        return t(`failures.${code}`)
    }
  }
}
