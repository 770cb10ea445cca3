'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { deleteGroupAction } from '@/lib/groups/actions'
import type { Group } from '@/lib/groups/schema'
import { paths } from '@/lib/paths'

/** The confirmation as a page, for browsers without scripts. */
export function DeleteGroupPage({ group: { id, name } }: { group: Group }) {
  const t = useTranslations('groups')
  return (
    <Card title={t('deleteTitle', { name })}>
      <ActionForm
        name={`delete group ${id}`}
        action={deleteGroupAction}
        fixed={{ groupId: id }}
        changes={[]}
        leadsTo={paths.groups()}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {({ isPending }) => (
          <>
            <p>{t('deleteText')}</p>
            <div className="flex flex-wrap gap-2">
              <Button kind="danger" type="submit" isPending={isPending}>
                {t('delete')}
              </Button>
              <Link href={paths.group(id)} className={buttonClass('secondary')}>
                {t('keep')}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
