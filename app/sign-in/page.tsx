import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { SignInForm } from '@/components/account/sign-in-form'
import { LanguageMenu } from '@/components/shell/preference-menus'
import { ProductMark } from '@/components/shell/product-mark'
import { readNotice } from '@/lib/auth/notice'
import { currentContext } from '@/lib/auth/session'
import { demoSignIn } from '@/lib/demo'
import { safeNext } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('signIn'))('title') }
}

export default async function SignInPage({ searchParams }: PageProps<'/sign-in'>) {
  const { next } = await searchParams
  const target = safeNext(typeof next === 'string' ? next : null)
  const [ctx, notice, demo, t] = await Promise.all([currentContext(), readNotice(), demoSignIn(), getTranslations()])
  if (ctx) redirect(target)
  return (
    <main className="flex min-h-dvh flex-col">
      <div className="flex h-12 items-center justify-end bg-bar px-4">
        <LanguageMenu />
      </div>
      <div className="flex flex-1 flex-col items-center gap-6 px-4 pt-[10dvh] pb-8">
        <div className="flex flex-col items-center gap-2 text-center">
          <ProductMark className="size-11" />
          <p className="font-semibold text-lg">{t('product.name')}</p>
          <p className="text-ink-muted text-sm">{t('product.line')}</p>
        </div>
        <SignInForm next={target} notice={notice} demo={demo} />
      </div>
    </main>
  )
}
