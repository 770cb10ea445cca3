'use client'

import { useTranslations } from 'next-intl'

type CancelledShare = { id: string; username: string; image: string }

/** What ending a share does to whoever asks and to the other side: the sharer takes back, the recipient gives back. */
export function useCancelWords({ username, image }: CancelledShare, side: 'sharer' | 'recipient') {
  const t = useTranslations('cancelDialog')
  if (side === 'sharer')
    return {
      title: t('titleSharer', { image, username }),
      consequences: [t('sharer1', { username }), t('sharer2'), t('sharer3')],
    }
  return {
    title: t('titleRecipient', { image, username }),
    consequences: [t('recipient1'), t('recipient2'), t('recipient3', { username })],
  }
}
