import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { paths } from '@/lib/paths'

/** One answer for missing things and for those that the visitor may not see. */
export function NotFoundPage() {
  const t = useTranslations('shell')
  return (
    <main id="content" className="flex min-h-[60dvh] flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 className="font-semibold text-xl">{t('notFoundTitle')}</h1>
      <p className="max-w-[60ch] text-ink-muted">{t('notFoundText')}</p>
      {/* A plain link: this page comes with every other, and Next's would be 3 kB more of scripts on each. */}
      <a href={paths.home()} className={buttonClass('primary')}>
        {t('toImages')}
      </a>
    </main>
  )
}
