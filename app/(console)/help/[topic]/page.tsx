import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { HelpText } from '@/components/shell/help-text'
import { type HelpTopic, helpTopics } from '@/components/shell/help-topics'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { paths } from '@/lib/paths'

const topicOf = (word: string): HelpTopic | undefined => helpTopics.find((topic) => topic === word)

export async function generateMetadata({ params }: PageProps<'/help/[topic]'>): Promise<Metadata> {
  const [{ topic }, t] = await Promise.all([params, getTranslations('help')])
  const known = topicOf(topic)
  return { title: known ? `${t(`topics.${known}`)} · ${t('title')}` : t('title') }
}

/** The help panel as a page: for browsers without scripts, and as a link to send to somebody. */
export default async function HelpPage({ params }: PageProps<'/help/[topic]'>) {
  const [{ topic }, t] = await Promise.all([params, getTranslations('help')])
  await requireContext(paths.help(topic), 'signed-in')
  const known = topicOf(topic)
  if (!known) notFound()
  return (
    <main id="content" className="flex max-w-160 flex-col gap-6 p-4 text-md md:p-6">
      <PageHeader crumbs={[{ label: t('title') }]} title={t(`topics.${known}`)} line={t('line')} />
      <HelpText topic={known} />
    </main>
  )
}
