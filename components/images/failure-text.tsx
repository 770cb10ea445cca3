'use client'

import { useTranslations } from 'next-intl'
import { diskReasons } from '@/lib/disks/reasons'
import type { ImageFailure } from '@/lib/images/schema'

const plainFailures = [
  'COPY_SOURCE_GONE',
  'COPY_SOURCE_DAMAGED',
  'STORE_UNREACHABLE',
  'STORE_REFUSED',
  'STORE_FULL',
  'BYTES_QUOTA_FULL',
  'CHECKSUM_MISMATCH',
] as const

/** Why an image failed, as a sentence. A code that another version of the console wrote is shown as it is. */
export function useFailureText(): (failure: ImageFailure) => string {
  const t = useTranslations()
  return ({ code, reason, facts = {} }) => {
    const disk = diskReasons.find((known) => known === reason)
    // Earlier versions did not keep the format, as most sentences served qcow2 alone.
    if (disk) return t(`disks.${disk}`, { format: 'qcow2', ...facts })
    if (code === 'IMPORT_INTERRUPTED') return t('failures.IMPORT_INTERRUPTED')
    if (code === 'IMPORT_FAULT') return t('failures.IMPORT_FAULT', { reference: String(facts.reference ?? '') })
    if (code === 'IMAGE_TOO_LARGE') return t('refusals.IMAGE_TOO_LARGE', { max: Number(facts.max ?? 0) })
    if (code === 'COPY_FAULT') return t('failures.COPY_FAULT', { reference: String(facts.reference ?? '') })
    const plain = plainFailures.find((known) => known === code)
    if (plain) return t(`failures.${plain}`)
    return t('failures.other', { code })
  }
}
