'use client'

import { useTranslations } from 'next-intl'
import { diskReasons } from '@/lib/disks/reasons'
import type { ReadFailure } from '@/lib/images/schema'

const noCleanFacts = { path: '', package: '', partition: 0 }

/** The failure of an image as a sentence. A code of another version of the console is shown as it is. */
export function useFailureText(): (failure: ReadFailure) => string {
  const t = useTranslations()
  return ({ code, reason, facts = {} }) => {
    const disk = diskReasons.find((known) => known === reason)
    // Earlier versions recorded no format, because most of these sentences were about qcow2.
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
