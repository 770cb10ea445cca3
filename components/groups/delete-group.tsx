'use client'

import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import type { Group } from '@/lib/groups/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'

const DeleteGroupDialog = dynamic(
  () => latePart(() => import('./delete-group-dialog').then((module) => module.DeleteGroupDialog)),
  { ssr: false },
)

/** The button that opens the confirmation for deleting a group. */
export function DeleteGroup({ group }: { group: Group }) {
  const t = useTranslations('groups')
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button kind="secondary" href={paths.group(group.id, '/delete')} onClick={() => setAsking(true)}>
        {t('delete')}
      </Button>
      {isAsking && <DeleteGroupDialog group={group} onClose={() => setAsking(false)} />}
    </>
  )
}
