'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { useRefusalText } from '@/components/shell/refusal-text'
import { toast } from '@/components/ui/toasts'
import { restoreImageAction } from '@/lib/images/actions'
import { pageIdentity } from '@/lib/page-identity'

/**
 * Restores an image from the toast after its deletion. By then the dialog, and perhaps the page, is gone, so the
 * outcome is another toast.
 */
export function useRestore() {
  const t = useTranslations('taskDialog.restore')
  const refusalText = useRefusalText()
  const client = useQueryClient()
  return async ({ region, image }: { region: string; image: { id: string; name: string } }) => {
    const result = await restoreImageAction({ region, imageId: image.id }, pageIdentity()).catch(() => null)
    await Promise.all(['images', 'quotas'].map((noun) => client.invalidateQueries({ queryKey: [noun] })))
    const refusal = result ? (result.ok ? null : result.refusal) : ({ code: 'FAULT', reference: '' } as const)
    await toast(refusal ? refusalText(refusal) : t('done', { image: image.name }))
  }
}
