import { beforeAll, describe, expect, it } from 'vitest'
import type { SignInSource } from '@/lib/auth/browser'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { account, later, noon, race, type TestAccount } from '@/lib/testing/builders'
import { forgetExpiredSessions, signIn } from './writes'

process.env.ECS_DATABASE_POOL = '30'

const right = 'correct horse battery'
let passwordHash = ''
beforeAll(async () => {
  passwordHash = await hashPassword(right)
})

async function trying(who: TestAccount, password: string, source: SignInSource, now = noon) {
  return await signIn(source, { username: who.username, password }, { now, replaced: null })
}

describe('a sign-in from a new place', () => {
  const at = (address: string | null, isKnownBrowser = false): SignInSource => ({
    key: `${address}`,
    isKnownBrowser,
    address,
  })
  const placesTold = async (who: TestAccount) =>
    (await db().event.findMany({ where: { actorId: who.id, action: 'session.place' }, orderBy: { id: 'asc' } })).map(
      ({ address }) => address,
    )

  it('notifies the account that signed in once, however many browsers use the place', async () => {
    const who = await account({ passwordHash })
    await trying(who, right, at('192.0.2.1'))
    expect(await placesTold(who)).toEqual([])
    await race(4, () => trying(who, right, at('198.51.100.7')))
    await trying(who, right, at('198.51.100.200'))
    expect(await placesTold(who)).toEqual(['198.51.100.7'])
    expect(await db().notice.count({ where: { accountId: who.id, kind: 'session.place' } })).toBe(1)
  })

  it('does not notify for a known browser, a move within a network, or a missing address', async () => {
    const who = await account({ passwordHash })
    await trying(who, right, at('192.0.2.1'))
    await trying(who, right, at('192.0.2.99'))
    await trying(who, right, at('203.0.113.5', true))
    await trying(who, right, at(null))
    await trying(who, right, { key: 'no address', isKnownBrowser: false })
    expect(await placesTold(who)).toEqual([])
  })

  it('is new again after 90 days, and a wrong password notifies nobody', async () => {
    const who = await account({ passwordHash })
    await trying(who, right, at('192.0.2.1'))
    await trying(who, right, at('198.51.100.7'))
    const day = 24 * 60 * 60 * 1000
    await trying(who, right, at('192.0.2.1'), later(60 * day))
    await trying(who, 'a wrong password', at('203.0.113.5'), later(100 * day))
    await forgetExpiredSessions(later(100 * day))
    await trying(who, right, at('198.51.100.8'), later(100 * day))
    expect(await placesTold(who)).toEqual(['198.51.100.7', '198.51.100.8'])
  })
})
