'use client'

import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { usePageAccount } from '@/components/shell/page-account'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { splitUsernames } from '@/lib/accounts/rules'
import { dropDraft, keepDraft, readDraft } from '@/lib/drafts'
import { canImage, imageStates } from '@/lib/images/rules'
import type { Fault, Refusal, RefusedRecipient } from '@/lib/result'
import { shareImageAction } from '@/lib/shares/actions'
import { noteMax } from '@/lib/shares/rules'
import type { ImageShare, ImageShares } from '@/lib/shares/schema'
import { SharedStatus } from './shared-status'
import { UntilField } from './until-field'
import { nameEnd, UsernamesField } from './usernames-field'

type ShareFormProps = {
  region: string
  shares: ImageShares
  idempotencyKey: string
  /** The verdict on the disk, and whether sharing it needs a reason. */
  check: ReactNode
  needsReason: boolean
  /** Usernames that prefill the field, each followed by a comma. */
  suggested: string
  /** Usernames to add from a group on this page. A new array at every click, because the effect compares identity. */
  filled: string[]
  /** Highlights the added recipients in the list. */
  onShare: (added: ImageShare[]) => void
}

/** Adds recipients, all or none. Refused usernames stay in the field with their reasons. */
export function ShareForm(props: ShareFormProps) {
  const { region, shares, idempotencyKey, check, needsReason, onShare } = props
  const t = useTranslations('share')
  const states = useTranslations('states')
  const { image } = shares
  const isAvailable = canImage('share', image.state)
  const known = imageStates.find((one) => one === image.state)
  const state = known ? states(known) : image.state
  return (
    <Card title={t('formTitle')}>
      <ActionForm
        name={`share ${image.id}`}
        action={shareImageAction}
        fixed={{ region, imageId: image.id }}
        idempotencyKey={idempotencyKey}
        changes={['shares', 'images', 'quotas']}
        onDone={onShare}
        className="flex flex-col gap-3 p-4"
      >
        {(view) => (
          <>
            <Field id="account-type" label={t('accountType')} hint={t('accountTypeHint')}>
              {(control) => <input {...control} readOnly value={t('masterAccount')} className={inputClass} />}
            </Field>
            <Recipients
              view={view}
              of={image.id}
              sharedWith={shares.shares.map((share) => share.username)}
              suggested={props.suggested}
              filled={props.filled}
            />
            <UntilField view={view} ends={shares.ends} />
            <TextField view={view} name="note" label={t('note')} hint={t('noteHint')} />
            {check}
            {(needsReason || view.errorOf('reason')) && (
              <TextField view={view} name="reason" label={t('reason')} hint={t('reasonHint')} />
            )}
            <div className="flex flex-wrap items-center gap-3">
              <Button
                kind="primary"
                type="submit"
                isPending={view.isPending}
                disabledReason={isAvailable ? null : t('notAvailable', { state })}
              >
                {t('submit')}
              </Button>
              <SharedStatus added={view.done ?? []} />
            </div>
            {!isAvailable && <p className="text-ink-muted text-xs">{t('notAvailable', { state })}</p>}
          </>
        )}
      </ActionForm>
    </Card>
  )
}

type TextFieldProps<T> = { view: FormView<T>; name: string; label: string; hint: string }

/** A text area of two lines. Reasons and notes have the same limit. */
export function TextField<T>({ view, name, label, hint }: TextFieldProps<T>) {
  return (
    <Field id={name} label={label} hint={hint} error={view.errorOf(name)}>
      {(control) => (
        <textarea
          {...control}
          name={name}
          rows={2}
          maxLength={noteMax}
          defaultValue={view.typed(name)}
          className={inputClass}
        />
      )}
    </Field>
  )
}

/** The key of the draft with a form's chosen usernames. */
export const recipientsDraft = (account: string, of: string) => `${account} recipients ${of}`

type RecipientsProps<T> = {
  view: FormView<T>
  /** The shared image or images: each has its own draft. */
  of: string
  sharedWith: string[]
  /** The initial text of the field. */
  suggested?: string
  /** Usernames added later. */
  filled?: string[]
}

const none: string[] = []

/** The chosen usernames. The form's own draft cannot restore chips, so this keeps its own. */
export function Recipients<T>({ view, of, sharedWith, suggested = '', filled = none }: RecipientsProps<T>) {
  const draft = recipientsDraft(usePageAccount(), of)
  const { isPending, done } = view
  const [usernames, setUsernames] = useState<string[]>([])
  const [typed, setTyped] = useState(() => view.typedList('usernames').filter(Boolean).join(', ') || suggested)
  const [isRestored, setRestored] = useState(false)
  useEffect(() => {
    const kept = readDraft(draft)
    // Until its script loads the field is a plain input that may already have text.
    const field = document.getElementById('username')
    const early = field instanceof HTMLInputElement ? field.value : ''
    const isList = nameEnd.test(early)
    // Chips may have been pasted since the script loaded.
    setUsernames((chips) => [
      ...new Set([...chips, ...(kept?.usernames ?? []), ...(isList ? splitUsernames(early) : [])]),
    ])
    setTyped(isList ? '' : early || (kept?.typed?.[0] ?? ''))
    setRestored(true)
  }, [draft])
  useEffect(() => {
    if (filled.length === 0) return
    setUsernames((chips) => [...new Set([...chips, ...filled])])
    // The field may be far from the group's link.
    document.getElementById('username')?.focus()
  }, [filled])
  useEffect(() => {
    if (!isRestored) return
    if (usernames.length > 0 || typed) keepDraft(draft, { usernames, typed: [typed] })
    else dropDraft(draft)
  }, [draft, isRestored, usernames, typed])
  const all = [...usernames, ...splitUsernames(typed)]
  const take = useEffectEvent(() => {
    setUsernames([...new Set(all)])
    setTyped('')
  })
  useEffect(() => {
    // Unfinished text is sent too, and becomes chips while the answer is awaited.
    if (isPending) take()
  }, [isPending])
  useEffect(() => {
    if (!done) return
    setUsernames([])
    setTyped('')
  }, [done])
  return (
    <UsernamesField
      usernames={usernames}
      typed={typed}
      sharedWith={sharedWith}
      refused={refusedOf(view.refusal).filter(({ username }) => all.includes(username))}
      error={view.errorOf('usernames')}
      onChange={(next) => {
        setUsernames(next)
        if (view.refusal) view.reset()
      }}
      onType={setTyped}
    />
  )
}

function refusedOf(refusal: Refusal | Fault | null): RefusedRecipient[] {
  if (refusal?.code === 'SELECTED_REFUSED') return refusedOf(refusal.why)
  return refusal && 'recipients' in refusal && typeof refusal.recipients !== 'number' ? refusal.recipients : []
}
