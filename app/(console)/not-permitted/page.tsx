import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { z } from 'zod'
import { NotPermittedText } from '@/components/shell/not-permitted-text'
import { buttonClass } from '@/components/ui/button-class'
import { requireContext } from '@/lib/context'
import { regionId } from '@/lib/fields'
import { paths } from '@/lib/paths'
import { policyNames } from '@/lib/permissions'

const notPermittedParams = z.object({
  policy: z.enum(policyNames).nullable().catch(null),
  region: regionId.nullable().catch(null),
})

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('notPermitted'))('title') }
}

/** Viewers who lack the policy for a page are redirected here; the page names the policy. */
export default async function NotPermittedPage({ searchParams }: PageProps<'/not-permitted'>) {
  const { policy, region } = notPermittedParams.parse(await searchParams)
  const [ctx, t] = await Promise.all([
    requireContext(paths.notPermitted(policy, region), 'signed-in'),
    getTranslations('notPermitted'),
  ])
  return (
    <main id="content" className="flex min-h-[60dvh] flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 className="font-semibold text-xl">{t('title')}</h1>
      <NotPermittedText policy={policy} region={region} />
      <p className="max-w-[60ch] text-ink-muted">{t('signedInAs', { username: ctx.viewer.username })}</p>
      <a href={paths.home()} className={buttonClass('primary')}>
        {t('toStart')}
      </a>
    </main>
  )
}
