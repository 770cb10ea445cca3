'use client'

import { useTranslations } from 'next-intl'
import { type FormEvent, useId, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Field, inputClass } from '@/components/ui/field'

type TypeTextProps = {
  hint: string
  /** Why a text cannot be typed; null if it can. */
  refuse: (text: string) => string | null
  /** 0 to 1 while it is typed; null otherwise. */
  progress: number | null
  onType: (text: string) => void
  onStop: () => void
}

/** A form for a text that is typed into a machine key by key. */
export function TypeText({ hint, refuse, progress, onType, onStop }: TypeTextProps) {
  const t = useTranslations('views')
  const id = useId()
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const refusal = text === '' ? t('textMissing') : refuse(text)
    setError(refusal)
    if (refusal === null) onType(text)
  }
  return (
    <form onSubmit={submit} className="border-line border-b px-4 py-3">
      <div className="flex max-w-140 flex-col gap-2">
        <Field id={id} label={t('text')} hint={hint} error={error}>
          {(control) => (
            <textarea
              {...control}
              rows={3}
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
              className={`${inputClass} font-mono`}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <div className="flex items-center gap-3">
          <Button kind="primary" type="submit" isPending={progress !== null}>
            {t('type')}
          </Button>
          {progress !== null && (
            <>
              <Button kind="secondary" onClick={onStop}>
                {t('stopTyping')}
              </Button>
              <span className="text-ink-muted text-sm tabular-nums">
                {t('typing', { percent: Math.round(progress * 100) })}
              </span>
            </>
          )}
        </div>
      </div>
    </form>
  )
}
