import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { paths } from '@/lib/paths'

/** The same answer for missing things and for things that the visitor may not see. */
export function NotFoundPage() {
  const t = useTranslations('shell')
  return (
    <main id="content" className="flex min-h-[60dvh] flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 className="font-semibold text-xl">{t('notFoundTitle')}</h1>
      <p className="max-w-[60ch] text-ink-muted">{t('notFoundText')}</p>
      {/* A plain <a>: this page is part of every other, and next/link would add 3 kB of scripts to each. */}
      <a href={paths.home()} className={buttonClass('primary')}>
        {t('toImages')}
      </a>
    </main>
  )
}
