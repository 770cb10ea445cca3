import 'server-only'
import { z } from 'zod'
import { findMaster, listAccounts } from '@/lib/accounts/reads'
import { foldUsername } from '@/lib/accounts/rules'
import { displayName, email, newPassword, username } from '@/lib/accounts/schema'
import { grant } from '@/lib/accounts/schema-sub-accounts'
import { createAccount, setDisabled, setPassword } from '@/lib/accounts/writes'
import { setPolicies } from '@/lib/accounts/writes-policies'
import { hashPassword } from '@/lib/auth/password'
import { ok, type Result, refuse } from '@/lib/result'
import { listInstancesAround } from '@/lib/shares/reads'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'
import { parseInput } from './refusals'

const newAccountInput = z.object({ username, password: newPassword, 'display name': displayName, email })

export type NewAccountWords = {
  login: string
  master: string | null
  displayName: string | null
  email: string
  password: string
}

export async function addAccount(words: NewAccountWords): Promise<Result<Answer>> {
  const input = parseInput(newAccountInput, {
    username: words.login,
    password: words.password,
    'display name': words.displayName ?? foldUsername(words.login),
    email: words.email,
  })
  if (!input.ok) return input
  const master = words.master === null ? null : await findMaster(foldUsername(words.master))
  if (words.master !== null && !master) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const name = master ? `${input.value.username}@${master.username}` : input.value.username
  const created = await createAccount(operatorContext(), {
    username: name,
    masterId: master?.id ?? null,
    displayName: words.displayName === null ? name : input.value['display name'],
    email: input.value.email,
    passwordHash: await hashPassword(input.value.password),
    grants: [{ policy: 'Administrator', regions: null }],
  })
  if (!created.ok) return created
  const kind = master ? 'SUB' : 'MASTER'
  const said = answer({ ...created.value, kind, master: master?.username ?? null }, [`Created ${name}.`])
  if (master?.disabled) {
    said.notes.push(`${master.username} is disabled, so ${name} cannot sign in until that is enabled again.`)
  }
  return ok(said)
}

export async function showAccounts(): Promise<Result<Answer>> {
  const columns = [
    { header: 'Username', cell: (account: AccountRow) => account.username },
    { header: 'Kind', cell: (account: AccountRow) => (account.kind === 'SUB' ? 'sub' : 'master') },
    { header: 'Display name', cell: (account: AccountRow) => account.displayName },
    { header: 'Email', cell: (account: AccountRow) => account.email },
    { header: 'State', cell: (account: AccountRow) => (account.disabled ? 'disabled' : 'enabled') },
    { header: 'Registered', cell: (account: AccountRow) => account.createdAt },
    { header: 'Account ID', cell: (account: AccountRow) => account.id },
  ]
  return ok(list(await listAccounts(), columns, 'There is no account yet.'))
}

type AccountRow = Awaited<ReturnType<typeof listAccounts>>[number]

export async function switchAccount(typed: string, disabled: boolean): Promise<Result<Answer>> {
  const switched = await setDisabled(operatorContext(), foldUsername(typed), disabled)
  if (!switched.ok) return switched
  const { username } = switched.value
  if (!disabled) return ok(answer({ username, disabled }, [`Enabled ${username}.`]))
  const instances = await listInstancesAround(username)
  const said = answer({ username, disabled, instances }, [`Disabled ${username}; its sessions have ended.`])
  said.notes.push(...instances.map((one) => noteOf(username, one)))
  return ok(said)
}

/** What a disabled account leaves running, so that the operator does not take it for stopped. */
function noteOf(disabled: string, { username, instances }: { username: string; instances: number }): string {
  const count = instances === 1 ? '1 instance' : `${instances} instances`
  return username === disabled
    ? `${disabled} has ${count}. What runs keeps running and is charged; nobody can stop it until the account is enabled again.`
    : `${username} has ${count} made from images of ${disabled}. They stay as they are, and so do the shares.`
}

export async function resetPassword(typed: string, password: string): Promise<Result<Answer>> {
  const input = parseInput(z.object({ password: newPassword }), { password })
  if (!input.ok) return input
  const changed = await setPassword(operatorContext(), foldUsername(typed), await hashPassword(input.value.password))
  if (!changed.ok) return changed
  return ok(answer(changed.value, [`Changed the password of ${changed.value.username}; its sessions have ended.`]))
}

/** `account policies`: replaces the policies of a sub-account. If one is given twice, the last one counts. */
export async function replacePolicies(typed: string, attached: string[]): Promise<Result<Answer>> {
  const input = parseInput(z.object({ policy: z.array(grant) }), { policy: attached })
  if (!input.ok) return input
  const grants = [...new Map(input.value.policy.map((one) => [one.policy, one])).values()]
  const changed = await setPolicies(operatorContext(), foldUsername(typed), grants)
  if (!changed.ok) return changed
  const { username } = changed.value
  const names = grants.map(({ policy, regions }) => (regions ? `${policy} in ${regions.join(', ')}` : policy))
  const sentence = names.length > 0 ? `${username} has ${names.join('; ')}.` : `${username} has no policy.`
  return ok(answer({ username, policies: grants }, [sentence]))
}
