import type { RefusalOf } from '@/lib/result'
import { recipientsMax } from '@/lib/shares/rules'

/** The most groups of one master account. */
export const groupsMax = 50
export const groupNameMax = 64
/** The most usernames in a group: an image cannot have more recipients (rule 1). */
export const groupMembersMax = recipientsMax

/** Rule 33: refuses a further group if the master account has the most allowed. */
export function refuseGroup(existing: number): RefusalOf<'GROUPS_FULL'> | null {
  return existing >= groupsMax ? { code: 'GROUPS_FULL', max: groupsMax } : null
}

/** Rule 33: refuses a group that contains its own master account, which cannot share with itself. */
export function refuseMembers(usernames: readonly string[], owner: string): RefusalOf<'INVALID_INPUT'> | null {
  return usernames.includes(owner) ? { code: 'INVALID_INPUT', field: 'usernames', problem: 'own-username' } : null
}

/** Rule 33: which members of a group have the image, pending shares included, and which do not. */
export function membersWith(usernames: readonly string[], shares: readonly { username: string }[]) {
  const hasImage = (name: string) => shares.some(({ username }) => username === name)
  return { having: usernames.filter(hasImage), lacking: usernames.filter((name) => !hasImage(name)) }
}
