'use client'

import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { Field, inputClass } from '@/components/ui/field'
import { countFindingAction, ignoreFindingAction } from '@/lib/checks/actions'
import { reasonMax } from '@/lib/checks/rules'

type IgnoreFormProps = { which: { region: string; imageId: string; findingId: string }; place: string }

/** Takes responsibility for a finding, with a reason. */
export function IgnoreForm({ which, place }: IgnoreFormProps) {
  const t = useTranslations('check')
  return (
    <details className="mt-1 text-sm">
      <summary aria-label={`${t('ignore')}, ${place}`} className="w-fit cursor-pointer rounded-sm text-accent">
        {t('ignore')}
      </summary>
      <ActionForm
        name={`ignore ${which.imageId} ${which.findingId}`}
        action={ignoreFindingAction}
        fixed={which}
        changes={['checks', 'images']}
        className="mt-2 flex max-w-[560px] flex-col items-start gap-2"
      >
        {(view) => (
          <>
            <div className="w-full">
              <Field
                id={`reason-${which.findingId}`}
                label={t('ignoreReason')}
                hint={t('ignoreReasonHint')}
                error={view.errorOf('reason')}
              >
                {(control) => (
                  <textarea
                    {...control}
                    name="reason"
                    rows={2}
                    maxLength={reasonMax}
                    defaultValue={view.typed('reason')}
                    className={inputClass}
                  />
                )}
              </Field>
            </div>
            <Button kind="secondary" type="submit" isPending={view.isPending}>
              {t('ignoreNow')}
            </Button>
          </>
        )}
      </ActionForm>
    </details>
  )
}

/** Makes an ignored finding count again. */
export function CountAgain({ which, place }: IgnoreFormProps) {
  const t = useTranslations('check')
  return (
    <ActionForm
      name={`count ${which.imageId} ${which.findingId}`}
      action={countFindingAction}
      fixed={which}
      changes={['checks', 'images']}
    >
      {(view) => (
        <Button kind="secondary" type="submit" isPending={view.isPending} aria-label={`${t('countAgain')}, ${place}`}>
          {t('countAgain')}
        </Button>
      )}
    </ActionForm>
  )
}
