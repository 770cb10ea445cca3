'use client'

import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { requestCheckAction } from '@/lib/checks/actions'

type CheckAgainProps = {
  region: string
  image: { id: string; name: string }
  /** True while there is no verdict. */
  isFirst: boolean
  isAvailable: boolean
}

/** Asks for a check, with or without deleted data. */
export function CheckAgain({ region, image, isFirst, isAvailable }: CheckAgainProps) {
  const t = useTranslations('check')
  return (
    <ActionForm
      name={`check ${image.id}`}
      action={requestCheckAction}
      fixed={{ region, imageId: image.id }}
      changes={['checks', 'images']}
      className="flex flex-wrap items-center gap-x-3 gap-y-2"
    >
      {(view) => (
        <>
          <Button
            kind="primary"
            type="submit"
            isPending={view.isPending}
            disabledReason={isAvailable ? null : t('notAvailable')}
          >
            {isFirst ? t('checkNow') : t('checkAgain')}
          </Button>
          <label className="flex items-center gap-2 text-sm">
            <input type="checkbox" name="isDeep" value="yes" />
            {t('deep')}
          </label>
        </>
      )}
    </ActionForm>
  )
}
