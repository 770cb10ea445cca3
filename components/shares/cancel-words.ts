'use client'

import { useTranslations } from 'next-intl'

export type CancelledShare = {
  id: string
  username: string
  image: string
  /** How many instances of the image the recipient has. */
  instances: number
}

/** The consequences of cancelling a share, for both sides. */
export function useCancelWords({ username, image, instances }: CancelledShare, side: 'sharer' | 'recipient') {
  const t = useTranslations('cancelDialog')
  const tUse = useTranslations('imageInstances')
  if (side === 'sharer')
    return {
      title: t('titleSharer', { image, username }),
      consequences: [
        t('sharer1', { username }),
        instances > 0 ? tUse('sharer', { username, count: instances }) : t('sharer2'),
        t('sharer3'),
      ],
    }
  return {
    title: t('titleRecipient', { image, username }),
    consequences: [
      t('recipient1'),
      instances > 0 ? tUse('recipient', { count: instances }) : t('recipient2'),
      t('recipient3', { username }),
    ],
  }
}
