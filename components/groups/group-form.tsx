'use client'

import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { FormButtons } from '@/components/shell/form-buttons'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { createGroupAction, updateGroupAction } from '@/lib/groups/actions'
import { groupMembersMax, groupNameMax } from '@/lib/groups/rules'
import type { Group } from '@/lib/groups/schema'
import { paths } from '@/lib/paths'

/** Creating a group needs an idempotency key, so that a form sent twice creates one. */
type GroupFormProps = { group: Group; idempotencyKey?: undefined } | { group: null; idempotencyKey: string }

/** Creates a group, or edits its name and usernames. */
export function GroupForm({ group, idempotencyKey }: GroupFormProps) {
  const t = useTranslations('groups')
  const title = group ? t('save') : t('create')
  return (
    <Card title={group ? t('edit') : t('create')}>
      <ActionForm
        name={group ? `group ${group.id}` : 'new group'}
        action={group ? updateGroupAction : createGroupAction}
        fixed={group ? { groupId: group.id } : {}}
        {...(idempotencyKey && { idempotencyKey })}
        changes={[]}
        leadsTo={paths.groups()}
        className="flex max-w-140 flex-col gap-3 p-4"
      >
        {({ isPending, errorOf, typed, discard }) => (
          <>
            <Field id="group-name" label={t('name')} hint={t('nameHint')} error={errorOf('name')}>
              {(control) => (
                <input
                  {...control}
                  name="name"
                  required
                  maxLength={groupNameMax}
                  defaultValue={typed('name', group?.name)}
                  className={inputClass}
                />
              )}
            </Field>
            <Field
              id="group-usernames"
              label={t('usernames')}
              hint={t('usernamesHint', { max: groupMembersMax })}
              error={errorOf('usernames')}
            >
              {(control) => (
                <textarea
                  {...control}
                  name="usernames"
                  rows={5}
                  required
                  defaultValue={typed('usernames', group?.usernames.join('\n'))}
                  autoCapitalize="none"
                  spellCheck={false}
                  className={inputClass}
                />
              )}
            </Field>
            <FormButtons
              submit={title}
              isPending={isPending}
              back={group && { href: paths.groups(), label: t('discard'), discard }}
            />
          </>
        )}
      </ActionForm>
    </Card>
  )
}
