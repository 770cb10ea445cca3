'use client'

import { useTranslations } from 'next-intl'
import type { FormView } from '@/components/shell/action-form'
import { Field, inputClass } from '@/components/ui/field'
import { hostNameMax, sshKeyMax, userDataMax } from '@/lib/instances/rules'

/** Login data that the guest gets at its first start. All fields are optional. */
export function LoginFields({ view }: { view: FormView<unknown> }) {
  const t = useTranslations('createInstance')
  return (
    <fieldset className="flex flex-col gap-3 border-line border-t pt-4">
      <legend className="float-left font-semibold text-sm">{t('login')}</legend>
      <p className="clear-both text-ink-muted text-xs">{t('loginLine')}</p>
      <Field id="ssh-key" label={t('sshKey')} hint={t('sshKeyHint')} error={view.errorOf('sshKey')}>
        {(control) => (
          <textarea
            {...control}
            name="sshKey"
            rows={3}
            maxLength={sshKeyMax}
            defaultValue={view.typed('sshKey')}
            spellCheck={false}
            className={`${inputClass} font-mono text-xs`}
          />
        )}
      </Field>
      <Field id="host-name" label={t('hostName')} hint={t('hostNameHint')} error={view.errorOf('hostName')}>
        {(control) => (
          <input
            {...control}
            name="hostName"
            maxLength={hostNameMax}
            defaultValue={view.typed('hostName')}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className={inputClass}
          />
        )}
      </Field>
      <Field id="user-data" label={t('userData')} hint={t('userDataHint')} error={view.errorOf('userData')}>
        {(control) => (
          <textarea
            {...control}
            name="userData"
            rows={5}
            maxLength={userDataMax}
            defaultValue={view.typed('userData')}
            spellCheck={false}
            className={`${inputClass} font-mono text-xs`}
          />
        )}
      </Field>
    </fieldset>
  )
}
