import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { ChoiceForm } from '@/components/notices/choice-form'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { getNoticeChoices } from '@/lib/notices/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('notices'))('settings') }
}

/** How the viewer wants to get each kind of notice. */
export default async function NoticeSettingsPage() {
  const ctx = await requireContext(paths.noticeSettings(), 'signed-in')
  const [choices, t] = await Promise.all([forPage(getNoticeChoices(ctx)), getTranslations('notices')])
  const crumbs = [{ label: t('title'), href: paths.notices() }, { label: t('settings') }]
  return (
    <main id="content" className="flex max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader crumbs={crumbs} title={t('settings')} line={t('settingsLine')} />
      <ChoiceForm choices={choices} />
    </main>
  )
}
