import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { PlainPage } from '@/components/shell/plain-page'
import { Button } from '@/components/ui/button'
import { Notice } from '@/components/ui/notice'
import { ownAddress } from '@/lib/auth/form'
import { cookieSession } from '@/lib/context'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('signOut'))('title') }
}

/** Reports a failed sign-out. It does not read the database, which may be the cause. */
export default async function SignOutPage({ searchParams }: PageProps<'/sign-out'>) {
  const [{ reference }, session, t] = await Promise.all([searchParams, cookieSession(), getTranslations()])
  if (!session) redirect(paths.signIn())
  const shown = typeof reference === 'string' && /^[\w.-]{1,64}$/.test(reference) ? reference : null
  const address = ownAddress()
  return (
    <PlainPage>
      <form
        method="post"
        action={paths.api.signOut()}
        className="flex w-full max-w-96 flex-col gap-3 rounded-card border border-line bg-surface-raised p-6"
      >
        <h1 className="font-semibold text-xl">{t('signOut.title')}</h1>
        <Notice tone="danger">
          {shown ? t('signOut.fault') : address ? t('signOut.foreignAt', { address }) : t('signOut.foreign')}
        </Notice>
        {shown && <p className="font-mono text-ink-muted text-xs">{t('shell.reference', { reference: shown })}</p>}
        <div className="flex flex-wrap items-center gap-4">
          <Button kind="primary" type="submit">
            {t('shell.signOut')}
          </Button>
          <Link href={paths.home()} className="text-accent text-sm underline">
            {t('signOut.back')}
          </Link>
        </div>
      </form>
    </PlainPage>
  )
}
