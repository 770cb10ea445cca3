'use client'

import { useTranslations } from 'next-intl'
import { useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Field, inputClass } from '@/components/ui/field'
import { Notice } from '@/components/ui/notice'
import { passwordMax, signInNameMax } from '@/lib/accounts/rules'
import { paths } from '@/lib/paths'

type SignInFormProps = {
  next: string
  notice: { username: string; problem: 'refused' | 'wait' | 'foreign' | 'fault'; seconds?: number | undefined } | null
  demo: { usernames: string[]; password: string } | null
}

/** A plain form post, so that it works before this script has come and without it; the script only adds comfort. */
export function SignInForm({ next, notice, demo }: SignInFormProps) {
  const t = useTranslations('signIn')
  const [isPending, setPending] = useState(false)
  const username = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  const fill = (name: string) => {
    if (username.current) username.current.value = name
    if (password.current) password.current.value = demo?.password ?? ''
    password.current?.focus()
  }
  return (
    <div className="flex w-full max-w-96 flex-col gap-4">
      <form
        method="post"
        action={paths.api.signIn()}
        onSubmit={() => setPending(true)}
        className="flex flex-col gap-3 rounded-card border border-line bg-surface-raised p-6"
      >
        <h1 className="font-semibold text-xl">{t('title')}</h1>
        {notice && <Notice tone="danger">{t(notice.problem, { seconds: notice.seconds ?? 0 })}</Notice>}
        <input type="hidden" name="next" value={next} />
        <Field id="username" label={t('username')}>
          {(control) => (
            <input
              {...control}
              ref={username}
              name="username"
              required
              maxLength={signInNameMax}
              defaultValue={notice?.username}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              className={inputClass}
            />
          )}
        </Field>
        <Field id="password" label={t('password')}>
          {(control) => (
            <input
              {...control}
              ref={password}
              name="password"
              type="password"
              required
              maxLength={passwordMax}
              autoComplete="current-password"
              className={inputClass}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" isPending={isPending}>
          {t('submit')}
        </Button>
      </form>
      {demo && (
        <section
          aria-label={t('demoTitle')}
          className="flex flex-col gap-2 rounded-card border border-line border-dashed p-4 text-sm"
        >
          <p className="font-medium">{t('demoTitle')}</p>
          <p className="text-ink-muted text-xs">{t('demoText')}</p>
          <div className="flex flex-wrap gap-2">
            {demo.usernames.map((name) => (
              <Button key={name} kind="secondary" onClick={() => fill(name)}>
                {t('use', { username: name })}
              </Button>
            ))}
          </div>
        </section>
      )}
    </div>
  )
}
