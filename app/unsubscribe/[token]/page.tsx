import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { PlainPage } from '@/components/shell/plain-page'
import { Button } from '@/components/ui/button'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('mail'))('endTitle'), referrer: 'no-referrer' }
}

/**
 * Ends the e-mail of the account that the link belongs to, without signing in. It asks for a click, because mail scanners follow
 * links. The page is the same for every token, so that it reveals nothing about any.
 */
export default async function UnsubscribePage({ params, searchParams }: PageProps<'/unsubscribe/[token]'>) {
  const [{ token }, { done }, t] = await Promise.all([params, searchParams, getTranslations('mail')])
  return (
    <PlainPage>
      <div className="flex max-w-100 flex-col items-center gap-4 text-center">
        <h1 className="font-semibold text-xl">{t('endTitle')}</h1>
        {done === 'yes' ? (
          <p role="status">{t('ended')}</p>
        ) : (
          <form
            action={paths.api.unsubscribe(encodeURIComponent(token))}
            method="post"
            className="flex flex-col items-center gap-4"
          >
            <p>{t('endText')}</p>
            <Button kind="primary" type="submit">
              {t('end')}
            </Button>
          </form>
        )}
      </div>
    </PlainPage>
  )
}
