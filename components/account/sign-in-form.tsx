'use client'

import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Field, inputClass } from '@/components/ui/field'
import { Notice } from '@/components/ui/notice'
import { passwordMax, signInNameMax } from '@/lib/accounts/rules'
import { paths } from '@/lib/paths'
import { PasswordField } from './password-field'

export type SignInProblem = 'refused' | 'wait' | 'busy' | 'foreign' | 'silent' | 'fault' | 'cookie'

type SignInFormProps = {
  next: string
  notice: { username: string; problem: SignInProblem; seconds?: number | undefined } | null
  /** The address of the console, if the operator has set it. */
  address: string | null
  demo: { usernames: string[]; password: string } | null
}

/** A plain form that works without this script, which only adds comfort. */
export function SignInForm({ next, notice, address, demo }: SignInFormProps) {
  const t = useTranslations('signIn')
  const [isPending, setPending] = useState(false)
  const username = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  const fill = (name: string) => {
    if (username.current) username.current.value = name
    if (password.current) password.current.value = demo?.password ?? ''
    password.current?.focus()
  }
  useEffect(() => {
    // A page restored by Back still shows the pending button.
    const wake = () => setPending(false)
    window.addEventListener('pageshow', wake)
    return () => window.removeEventListener('pageshow', wake)
  }, [])
  // After a refusal only the password has to be typed again, so it gets the focus.
  const startsAtPassword = Boolean(notice?.username)
  return (
    <div className="flex w-full max-w-96 flex-col gap-4">
      <form
        method="post"
        action={paths.api.signIn()}
        onSubmit={() => setPending(true)}
        className="flex flex-col gap-3 rounded-card border border-line bg-surface-raised p-6"
      >
        <h1 className="font-semibold text-xl">{t('title')}</h1>
        {notice && <ProblemNotice notice={notice} address={address} />}
        {!notice && address && <WrongAddressNotice address={address} next={next} />}
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
              // biome-ignore lint/a11y/noAutofocus: the page has no other purpose, and the label is read out with the focused field.
              autoFocus={!startsAtPassword}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              className={inputClass}
            />
          )}
        </Field>
        <PasswordField
          id="password"
          label={t('password')}
          ref={password}
          name="password"
          maxLength={4 * passwordMax}
          autoFocus={startsAtPassword}
          autoComplete="current-password"
          isHidden={isPending}
        />
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

function ProblemNotice({
  notice,
  address,
}: Pick<SignInFormProps, 'address'> & { notice: { problem: SignInProblem; seconds?: number | undefined } }) {
  const t = useTranslations('signIn')
  const { problem, seconds = 0 } = notice
  const sentence =
    address && (problem === 'foreign' || problem === 'cookie')
      ? t(problem === 'foreign' ? 'foreignAt' : 'cookieAt', { address })
      : t(problem, { seconds })
  return <Notice tone="danger">{sentence}</Notice>
}

/** Warns, before anything is typed, that forms sent from this address of the console are refused. */
function WrongAddressNotice({ address, next }: { address: string; next: string }) {
  const t = useTranslations('signIn')
  const [isElsewhere, setElsewhere] = useState(false)
  useEffect(() => setElsewhere(window.location.origin !== address), [address])
  if (!isElsewhere) return null
  return (
    <Notice tone="warn">
      {t('elsewhere')}{' '}
      <a href={`${address}${paths.signIn(next === '/' ? undefined : next)}`} className="text-accent underline">
        {address}
      </a>
    </Notice>
  )
}
