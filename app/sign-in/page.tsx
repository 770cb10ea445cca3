import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { SignInForm } from '@/components/account/sign-in-form'
import { PlainPage } from '@/components/shell/plain-page'
import { ownAddress } from '@/lib/auth/form'
import { readNotice } from '@/lib/auth/notice'
import { currentContext } from '@/lib/context'
import { demoSignIn } from '@/lib/demo'
import { safeNext } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('signIn'))('title') }
}

export default async function SignInPage({ searchParams }: PageProps<'/sign-in'>) {
  const { next, problem } = await searchParams
  const target = safeNext(typeof next === 'string' ? next : null)
  const [ctx, notice, demo] = await Promise.all([currentContext(), readNotice(), demoSignIn()])
  if (ctx) redirect(target)
  const noCookie = problem === 'cookie' ? ({ username: '', problem: 'cookie' } as const) : null
  return (
    <PlainPage>
      <SignInForm next={target} notice={notice ?? noCookie} address={ownAddress()} demo={demo} />
    </PlainPage>
  )
}
