'use client'

import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useFieldError, useRefusalText } from '@/components/shell/refusal-text'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { Notice } from '@/components/ui/notice'
import { splitUsernames } from '@/lib/accounts/rules'
import type { Fault, Refusal, RefusedRecipient } from '@/lib/result'
import { shareImageAction } from '@/lib/shares/actions'
import { noteMax } from '@/lib/shares/rules'
import type { ImageShares } from '@/lib/shares/schema'
import { useAction } from '@/lib/use-action'
import { UsernamesField } from './usernames-field'

/** Adds recipients: all of them or none. What was refused stays in the field, each username with its own reason. */
export function ShareForm({ region, shares }: { region: string; shares: ImageShares }) {
  const t = useTranslations('share')
  const states = useTranslations('states')
  const refusalText = useRefusalText()
  const { run, isPending, refusal, reset } = useAction(shareImageAction, { changes: ['shares', 'images', 'quotas'] })
  const fieldError = useFieldError(refusal)
  const [usernames, setUsernames] = useState<string[]>([])
  const [typed, setTyped] = useState('')
  const [note, setNote] = useState('')
  const summary = useRef<HTMLDivElement>(null)
  const { image } = shares
  const isAvailable = image.state === 'available'

  useEffect(() => {
    if (refusal) summary.current?.focus()
  }, [refusal])

  const change = (next: string[]) => {
    setUsernames(next)
    if (refusal) reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isPending || !isAvailable) return
    const all = [...new Set([...usernames, ...splitUsernames(typed)])]
    setUsernames(all)
    setTyped('')
    run({ region, imageId: image.id, usernames: all, note }, () => {
      setUsernames([])
      setNote('')
    })
  }
  const state =
    image.state === 'importing' || image.state === 'failed' || image.state === 'deleting'
      ? states(image.state)
      : image.state
  return (
    <Card title={t('formTitle')}>
      <form onSubmit={submit} className="flex flex-col gap-3 p-4">
        {refusal && refusal.code !== 'INVALID_INPUT' && (
          <Notice tone="danger" ref={summary}>
            {refusalText(refusal)}
          </Notice>
        )}
        <Field id="account-type" label={t('accountType')} hint={t('accountTypeHint')}>
          {(control) => <input {...control} readOnly value={t('masterAccount')} className={inputClass} />}
        </Field>
        <UsernamesField
          usernames={usernames}
          typed={typed}
          sharedWith={shares.shares.map((share) => share.username)}
          refused={refusedOf(refusal)}
          error={fieldError('usernames')}
          onChange={change}
          onType={setTyped}
        />
        <Field id="note" label={t('note')} hint={t('noteHint')} error={fieldError('note')}>
          {(control) => (
            <textarea
              {...control}
              rows={2}
              maxLength={noteMax}
              value={note}
              onChange={(event) => setNote(event.target.value)}
              className={inputClass}
            />
          )}
        </Field>
        <Notice tone="info">{t('before')}</Notice>
        <div>
          <Button
            kind="primary"
            type="submit"
            isPending={isPending}
            disabledReason={isAvailable ? null : t('notAvailable', { state })}
          >
            {t('submit')}
          </Button>
          {!isAvailable && <p className="mt-1 text-ink-muted text-xs">{t('notAvailable', { state })}</p>}
        </div>
      </form>
    </Card>
  )
}

function refusedOf(refusal: Refusal | Fault | null): RefusedRecipient[] {
  return refusal && 'recipients' in refusal && typeof refusal.recipients !== 'number' ? refusal.recipients : []
}
