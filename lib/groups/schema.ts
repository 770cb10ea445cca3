import { z } from 'zod'
import { splitUsernames } from '@/lib/accounts/rules'
import { username } from '@/lib/accounts/schema'
import { groupId, requiredText, text } from '@/lib/fields'
import { foldName, isPlainName } from '@/lib/images/rules'
import { groupMembersMax, groupNameMax } from './rules'

const fields = {
  name: requiredText(groupNameMax, foldName, isPlainName),
  /** As typed or pasted, on any number of lines. They are not looked up, so a username may not exist. */
  usernames: z
    .union([text(16_384), z.array(text(256)).max(64, 'too-many')], 'invalid')
    .transform((typed) => splitUsernames([typed].flat().join('\n')))
    .pipe(z.array(username).min(1, 'required').max(groupMembersMax, 'too-many')),
}

export const createGroupInput = z.object(fields)
export type CreateGroupInput = z.infer<typeof createGroupInput>

export const updateGroupInput = z.object({ groupId, ...fields })
export type UpdateGroupInput = z.infer<typeof updateGroupInput>

export const groupInput = z.object({ groupId })
export type GroupInput = z.infer<typeof groupInput>

/** A named list of usernames. */
export type Group = { id: string; name: string; usernames: string[] }
