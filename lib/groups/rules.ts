import type { RefusalOf } from '@/lib/result'
import { recipientsMax } from '@/lib/shares/rules'

/** Groups of one master account. */
export const groupsMax = 50
export const groupNameMax = 64
/** Usernames in a group. More could never have one image (rule 1). */
export const groupMembersMax = recipientsMax

/** Rule 33: whether a master account with so many groups can have one more. */
export function refuseGroup(existing: number): RefusalOf<'GROUPS_FULL'> | null {
  return existing >= groupsMax ? { code: 'GROUPS_FULL', max: groupsMax } : null
}

/** Rule 33: whether usernames can be a group of a master account, which cannot share with itself. */
export function refuseMembers(usernames: readonly string[], owner: string): RefusalOf<'INVALID_INPUT'> | null {
  return usernames.includes(owner) ? { code: 'INVALID_INPUT', field: 'usernames', problem: 'own-username' } : null
}

/** Rule 33: which of a group have an image, also those that have not answered yet, and which are still to be given it. */
export function membersWith(usernames: readonly string[], shares: readonly { username: string }[]) {
  const hasImage = (name: string) => shares.some(({ username }) => username === name)
  return { having: usernames.filter(hasImage), lacking: usernames.filter((name) => !hasImage(name)) }
}
