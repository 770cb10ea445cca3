'use client'

import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { Status } from '@/components/ui/status'
import { setIncomingAction } from '@/lib/accounts/actions'
import { incomingPolicies } from '@/lib/accounts/rules'
import type { Incoming } from '@/lib/accounts/schema'

/** The section "Incoming images": who may share with the viewer's master account, and whether shares need its acceptance. */
export function IncomingForm({ incoming }: { incoming: Incoming }) {
  const t = useTranslations('account.incoming')
  // React resets a form to its default values after its action, so keep what was saved last as those.
  const [saved, setSaved] = useState(incoming)
  return (
    <Card title={t('title')}>
      <ActionForm
        name="incoming"
        action={setIncomingAction}
        changes={['accounts']}
        onDone={setSaved}
        className="flex flex-col gap-4 p-4"
      >
        {(view) => (
          <>
            <div key={JSON.stringify(saved)} className="flex flex-col gap-4">
              <Policies view={view} chosen={saved.policy} />
              <Names view={view} name="allowed" names={saved.allowed} />
              <Names view={view} name="blocked" names={saved.blocked} />
            </div>
            <div className="flex flex-wrap items-center gap-3">
              <Button kind="primary" type="submit" isPending={view.isPending}>
                {t('save')}
              </Button>
              <Status>{view.done && t('saved')}</Status>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}

function Policies<T>({ view, chosen }: { view: FormView<T>; chosen: Incoming['policy'] }) {
  const t = useTranslations('account.incoming')
  const typed = view.typed('policy', chosen)
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium text-sm">{t('policy')}</legend>
      {incomingPolicies.map((policy) => (
        <label key={policy} className="flex items-start gap-2 text-sm">
          <input type="radio" name="policy" value={policy} defaultChecked={typed === policy} className="mt-1" />
          <span>
            {t(`policies.${policy}`)}
            <span className="block text-ink-muted text-xs">{t(`hints.${policy}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

type NamesProps<T> = { view: FormView<T>; name: 'allowed' | 'blocked'; names: string[] }

function Names<T>({ view, name, names }: NamesProps<T>) {
  const t = useTranslations('account.incoming')
  return (
    <Field id={name} label={t(name)} hint={t(`hints.${name}`)} error={view.errorOf(name)}>
      {(control) => (
        <textarea
          {...control}
          name={name}
          rows={3}
          defaultValue={view.typed(name, names.join('\n'))}
          spellCheck={false}
          autoCapitalize="none"
          className={inputClass}
        />
      )}
    </Field>
  )
}
