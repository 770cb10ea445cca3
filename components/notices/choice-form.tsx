'use client'

import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { FormButtons } from '@/components/shell/form-buttons'
import { buttonClass } from '@/components/ui/button-class'
import { classNames } from '@/components/ui/class-names'
import { Field, selectClass } from '@/components/ui/field'
import { chooseNoticesAction } from '@/lib/notices/actions'
import { mailPaces, type NoticeKind, noticeKinds } from '@/lib/notices/rules'
import type { NoticeChoices } from '@/lib/notices/schema'
import { paths } from '@/lib/paths'

type Way = 'console' | 'email' | 'webhook'

/** The channels for each kind of notice: a table of check boxes. A channel that is not offered keeps its choices. */
export function ChoiceForm({ choices: { choices, pace, ways, email, isMaster } }: { choices: NoticeChoices }) {
  const t = useTranslations('notices')
  const locale = useLocale()
  const canMail = ways.includes('email')
  const hidden = (['console', 'email', 'webhook'] as const).filter((way) => !ways.includes(way))
  return (
    <ActionForm
      name="notice settings"
      action={chooseNoticesAction}
      fixed={canMail ? { locale } : { locale, pace }}
      changes={['notices']}
      leadsTo={paths.notices()}
      className="flex flex-col gap-4"
    >
      {({ isPending, discard }) => (
        <>
          {hidden.flatMap((way) =>
            noticeKinds
              .filter((kind) => choices[kind][way])
              .map((kind) => <input key={`${way} ${kind}`} type="hidden" name={`${way}[]`} value={kind} />),
          )}
          <div className="overflow-x-auto rounded-card border border-line bg-surface-raised">
            <table className="w-full text-sm">
              <caption className="sr-only">{t('settings')}</caption>
              <thead>
                <tr className="border-line border-b text-ink-muted text-xs">
                  <th scope="col" className="px-4 py-2 text-left font-medium">
                    {t('kind')}
                  </th>
                  {ways.map((way) => (
                    <th key={way} scope="col" className="px-3 py-2 text-center font-medium">
                      {t(`ways.${way}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line">
                {noticeKinds.map((kind) => (
                  <tr key={kind}>
                    <th scope="row" className="px-4 py-2 text-left font-normal">
                      {t(`kinds.${kind}`)}
                    </th>
                    {ways.map((way) => (
                      <ChoiceBox key={way} kind={kind} way={way} isChosen={choices[kind][way]} />
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {canMail && (
            <Field id="mail-pace" label={t('pace')} hint={t('emailTo', { email })}>
              {(control) => (
                <select {...control} name="pace" defaultValue={pace} className={classNames(selectClass, 'max-w-80')}>
                  {mailPaces.map((choice) => (
                    <option key={choice} value={choice}>
                      {t(`paces.${choice}`)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          <FormButtons
            submit={t('save')}
            isPending={isPending}
            back={{ href: paths.notices(), label: t('discard'), discard }}
          >
            {isMaster && (
              <Link href={paths.webhook()} className={buttonClass('secondary')}>
                {t('webhookLink')}
              </Link>
            )}
          </FormButtons>
        </>
      )}
    </ActionForm>
  )
}

function ChoiceBox({ kind, way, isChosen }: { kind: NoticeKind; way: Way; isChosen: boolean }) {
  const t = useTranslations('notices')
  return (
    <td className="px-3 py-1 text-center">
      <label className="inline-flex size-8 items-center justify-center">
        <span className="sr-only">{`${t(`ways.${way}`)}, ${t(`kinds.${kind}`)}`}</span>
        <input
          type="checkbox"
          name={`${way}[]`}
          value={kind}
          defaultChecked={isChosen}
          className="size-4 accent-accent"
        />
      </label>
    </td>
  )
}
