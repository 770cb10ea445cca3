'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { CopyButton } from '@/components/ui/copy-button'
import { Field, inputClass } from '@/components/ui/field'
import { removeWebhookAction, setWebhookAction } from '@/lib/notices/actions'
import { webhookQuery } from '@/lib/notices/queries'
import { paths } from '@/lib/paths'

const changes = ['notices' as const]

/** Sets and removes the webhook, and shows the secret that its receiver needs. */
export function WebhookForm() {
  const t = useTranslations('notices.webhook')
  const webhook = useQuery(webhookQuery()).data?.webhook ?? null
  return (
    <Card title={t('url')}>
      <div className="flex max-w-140 flex-col gap-3 p-4">
        <ActionForm
          name="webhook"
          action={setWebhookAction}
          changes={changes}
          leadsTo={paths.webhook()}
          className="flex flex-col gap-3"
        >
          {({ isPending, errorOf, typed }) => (
            <>
              <Field id="webhook-url" label={t('url')} hint={t('urlHint')} error={errorOf('url')}>
                {(control) => (
                  <input
                    {...control}
                    key={webhook?.url}
                    name="url"
                    type="url"
                    required
                    maxLength={1_000}
                    defaultValue={typed('url', webhook?.url)}
                    className={inputClass}
                  />
                )}
              </Field>
              <div>
                <Button kind="primary" type="submit" isPending={isPending}>
                  {t('save')}
                </Button>
              </div>
            </>
          )}
        </ActionForm>
        {webhook && (
          <>
            <div className="flex flex-col gap-1">
              <p className="font-medium text-sm">{t('secret')}</p>
              <p className="flex items-center gap-2">
                <code className="min-w-0 text-sm [overflow-wrap:anywhere]">{webhook.secret}</code>
                <CopyButton
                  text={webhook.secret}
                  label={t('copySecret')}
                  copiedLabel={t('copied')}
                  failedLabel={t('copyFailed')}
                />
              </p>
              <p className="text-ink-muted text-xs">{t('secretHint')}</p>
            </div>
            <ActionForm
              name="remove webhook"
              action={removeWebhookAction}
              fixed={{ url: webhook.url }}
              changes={changes}
              className="contents"
            >
              {({ isPending }) => (
                <div>
                  <Button kind="secondary" type="submit" isPending={isPending}>
                    {t('remove')}
                  </Button>
                </div>
              )}
            </ActionForm>
          </>
        )}
      </div>
    </Card>
  )
}
