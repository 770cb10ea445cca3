'use client'

import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { SidePanel } from '@/components/ui/side-panel'
import { HelpText } from './help-text'
import { helpTopicOf } from './help-topics'

/** The rules of the current page, and its keyboard shortcuts. */
export function HelpPanel({ onClose }: { onClose: () => void }) {
  const t = useTranslations('help')
  const topic = helpTopicOf(usePathname())
  return (
    <SidePanel side="right" title={t(`topics.${topic}`)} closeLabel={t('close')} onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard. */}
      <section tabIndex={0} aria-label={t('title')} className="flex flex-col gap-5 overflow-y-auto p-4">
        <HelpText topic={topic} />
      </section>
    </SidePanel>
  )
}
