'use client'

import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useRuleWords } from '@/components/checks/rule-title'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { Notice } from '@/components/ui/notice'
import { SubmitButton } from '@/components/ui/submit-button'
import { makeCleanCopyAction } from '@/lib/clean-copies/actions'
import type { CleanForm as Form } from '@/lib/clean-copies/schema'
import { canImage, imageNameMax } from '@/lib/images/rules'
import { paths } from '@/lib/paths'
import { CleanChoices } from './clean-choices'

type CleanFormProps = { region: string; form: Form; idempotencyKey: string }

/** Chooses the findings to remove, whether to reset the machine's identity, and the clean copy's name. */
export function CleanForm({ region, form, idempotencyKey }: CleanFormProps) {
  const t = useTranslations('clean')
  const router = useRouter()
  const { image } = form
  const items = form.items.filter(({ kept }) => kept === null)
  return (
    <Card title={t('formTitle')}>
      <ActionForm
        name={`clean ${image.id}`}
        action={makeCleanCopyAction}
        fixed={{ region, imageId: image.id }}
        idempotencyKey={idempotencyKey}
        changes={['images', 'quotas']}
        onDone={({ imageId }) => router.push(paths.image(region, imageId))}
        className="flex max-w-[720px] flex-col gap-4 p-4"
      >
        {(view) => (
          <>
            {view.done && (
              <Notice tone="info">
                <p>{t('begun')}</p>
                <Link href={paths.image(region, view.done.imageId)} className="font-medium underline">
                  {t('showCopy')}
                </Link>
              </Notice>
            )}
            <CleanChoices items={items} view={view} />
            {form.beyond > 0 && <p className="text-ink-muted text-sm">{t('beyond', { beyond: form.beyond })}</p>}
            <Reset resets={form.resets} view={view} />
            <p className="text-ink-muted text-sm">{t('free')}</p>
            {items.some(({ remedy }) => remedy === 'lock') && <Notice tone="warn">{t('locked')}</Notice>}
            <div className="max-w-[560px]">
              <Field id="clean-name" label={t('name')} hint={t('nameHint')} error={view.errorOf('name')}>
                {(control) => (
                  <input
                    {...control}
                    name="name"
                    required
                    maxLength={imageNameMax}
                    defaultValue={view.typed(
                      'name',
                      suggestedName(image.name, (name) => t('suggestedName', { name })),
                    )}
                    className={inputClass}
                  />
                )}
              </Field>
            </div>
            <SubmitButton
              isPending={view.isPending}
              unavailable={canImage('copy', image.state) ? null : t('notAvailable')}
            >
              {t('submit')}
            </SubmitButton>
          </>
        )}
      </ActionForm>
    </Card>
  )
}

function Reset({ resets, view }: { resets: Form['resets']; view: FormView<unknown> }) {
  const t = useTranslations('clean')
  const titleOf = useRuleWords()
  return (
    <div className="flex items-start gap-2">
      <input
        id="clean-reset"
        type="checkbox"
        name="isReset"
        value="yes"
        // A form refused without scripts is rendered again with its input.
        defaultChecked={view.refusal === null || view.typed('isReset') === 'yes'}
        aria-describedby="clean-reset-about"
        className="mt-0.5 size-4 shrink-0"
      />
      <div className="min-w-0">
        <label htmlFor="clean-reset" className="font-medium text-sm">
          {t('reset')}
        </label>
        <div id="clean-reset-about" className="text-ink-muted text-xs">
          <p>{t('resetHint')}</p>
          {resets.length > 0 && (
            <ul className="mt-1 flex flex-wrap gap-x-3">
              {resets.map(({ rule, findings }) => (
                <li key={rule}>{t('resetFound', { title: titleOf(rule).title, findings })}</li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </div>
  )
}

/** The original's name with a suffix, within the longest name. */
function suggestedName(name: string, suggest: (name: string) => string): string {
  const rest = [...suggest('')].length
  return suggest([...name].slice(0, imageNameMax - rest).join(''))
}
