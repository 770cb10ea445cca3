'use client'

import { useTranslations } from 'next-intl'
import { useRef } from 'react'
import { MenuButton } from '@/components/ui/menu-button'
import { dropDrafts } from '@/lib/drafts'
import { paths } from '@/lib/paths'
import type { AccountIcons } from './frame-icons'

type AccountMenuProps = {
  username: string
  displayName: string
  /** The release of the console. */
  about: string
  icons: AccountIcons
}

/** The user menu: the last button of the top bar. Opens by hover, click and keyboard. */
export function AccountMenu({ username, displayName, about, icons }: AccountMenuProps) {
  const t = useTranslations('shell')
  const form = useRef<HTMLFormElement>(null)
  return (
    <>
      {/* A full-page post, which also drops all data cached in this browser tab. */}
      <form ref={form} action={paths.api.signOut()} method="post" hidden />
      <MenuButton
        label={t('accountMenu', { username })}
        align="end"
        href={paths.preferences()}
        opensOnHover
        className="inline-flex size-8 shrink-0 items-center justify-center rounded-full border border-transparent bg-brand font-semibold text-bar text-sm uppercase outline-offset-2 transition-opacity hover:opacity-90 focus-visible:outline-bar-ink"
        header={
          <div className="mb-1 max-w-64 border-line border-b px-2 pt-1.5 pb-2">
            <span className="block text-ink-muted text-xs">{t('signedInAs')}</span>
            <span className="block truncate font-semibold">{username}</span>
            <span className="block truncate text-ink-muted text-xs">{displayName}</span>
            <span className="mt-1 block text-ink-muted text-xs">{about}</span>
          </div>
        }
        items={[
          {
            kind: 'link',
            label: t('accountInfo'),
            href: paths.account(),
            icon: icons.info,
          },
          {
            kind: 'action',
            label: t('signOut'),
            icon: icons.signOut,
            onSelect: () => {
              dropDrafts()
              form.current?.submit()
            },
          },
        ]}
      >
        <span aria-hidden>{[...username][0]}</span>
      </MenuButton>
    </>
  )
}
