import { beforeAll, describe, expect, it, test } from 'vitest'
import { changePassword, setDisabled, setPassword } from '@/lib/accounts/writes'
import { operatorContext } from '@/lib/admin/operator'
import type { SignInSource } from '@/lib/auth/browser'
import { hashPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { account, later, minutes, noon, race, type TestAccount } from '@/lib/testing/builders'
import { untilTrue } from '@/lib/testing/until'
import { findSession } from './reads'
import { failureWindowMs, sessionMs } from './rules'
import { endSession, endSessions, forgetExpiredSessions, signIn } from './writes'

process.env.ECS_DATABASE_POOL = '30'

const right = 'correct horse battery'
let passwordHash = ''
beforeAll(async () => {
  passwordHash = await hashPassword(right)
})

const from = (key: string): SignInSource => ({ key, isKnownBrowser: false })
const home: SignInSource = { key: 'a browser that is known', isKnownBrowser: true }
const office = from('192.0.2.1')

async function trying(who: TestAccount | string, password: string, source = office, now = noon) {
  const username = typeof who === 'string' ? who : who.username
  return await signIn(source, { username, password }, { now, replaced: null })
}

async function findViewer(sessionId: string, now: Date) {
  return (await findSession(sessionId, now))?.viewer ?? null
}

async function signedIn(who: TestAccount, now = noon): Promise<string> {
  const answer = await trying(who, right, office, now)
  if (answer.status !== 'signed-in') throw new Error(answer.status)
  return answer.sessionId
}

async function failures(who: TestAccount | string, count: number, source = office.key, at = noon): Promise<void> {
  const username = typeof who === 'string' ? who : who.username
  const rows = Array.from({ length: count }, () => ({ id: crypto.randomUUID(), username, source, at }))
  await db().signInFailure.createMany({ data: rows })
}

describe('signing in', () => {
  it('with the right password creates a session of 12 hours for the account and its master', async () => {
    const owner = await account({ passwordHash })
    const ops = await account({ master: owner, passwordHash })
    const answer = await trying(ops, right)
    expect(answer).toMatchObject({ status: 'signed-in', accountId: ops.id, expiresAt: later(sessionMs) })
    const sessionId = answer.status === 'signed-in' ? answer.sessionId : ''
    expect(await findViewer(sessionId, later(sessionMs - 1))).toMatchObject({
      accountId: ops.id,
      ownerId: owner.id,
      ownerUsername: owner.username,
    })
    expect(await findViewer(sessionId, later(sessionMs))).toBeNull()
  })

  it("has one answer for a wrong password, an unknown username, a disabled account, and a disabled account's sub-account", async () => {
    const owner = await account({ passwordHash })
    const disabled = await account({ passwordHash, disabledAt: noon })
    const sub = await account({ master: disabled, passwordHash })
    const answers = [
      await trying(owner, 'wrong'),
      await trying('nobody-here', right),
      await trying(disabled, right),
      await trying(disabled, 'wrong'),
      await trying(sub, right),
    ]
    expect(answers).toEqual(answers.map(() => ({ status: 'refused' })))
    expect(await db().session.count({ where: { accountId: { in: [owner.id, disabled.id, sub.id] } } })).toBe(0)
  })

  it('takes about as long for an unknown username as for a wrong password', async () => {
    const owner = await account({ passwordHash })
    const time = async (who: TestAccount | string, index: number) => {
      // CPU time, which other processes do not lengthen; a thread of this process computes the hash.
      const begun = process.cpuUsage()
      await trying(who, 'wrong', from(`timing ${index}`))
      const { user, system } = process.cpuUsage(begun)
      return user + system
    }
    const [wrong, unknown]: [number[], number[]] = [[], []]
    await time('nobody-at-all', 0)
    for (let index = 1; index <= 15; index++) {
      wrong.push(await time(owner, index))
      unknown.push(await time('nobody-at-all', index))
    }
    const median = (times: number[]) => times.toSorted((one, other) => one - other)[7] ?? 0
    // The hash takes by far the longest; if unknown usernames skipped it, the factor would be above 3.
    expect(median(wrong) / median(unknown)).toBeLessThan(2)
    expect(median(unknown) / median(wrong)).toBeLessThan(2)
  })
})

describe('the throttle', () => {
  it('checks at most 10 of 50 parallel guesses from one source, and the next ones wait', async () => {
    const owner = await account({ passwordHash })
    const answers = await race(50, (index) => trying(owner, `guess ${index}`))
    expect(answers.filter((answer) => answer.status === 'refused')).toHaveLength(10)
    expect(answers.filter((answer) => answer.status === 'busy')).toHaveLength(40)
    const next = await race(10, (index) => trying(owner, `guess ${index}`))
    expect(next.filter((answer) => answer.status === 'wait')).toHaveLength(10)
  })

  it('does not accept the right password among too many guesses', async () => {
    const owner = await account({ passwordHash })
    await failures(owner, 10)
    expect(await trying(owner, right)).toEqual({ status: 'wait', seconds: 5 })
  })

  it('checks at most 100 guesses from many sources at once', async () => {
    const owner = await account({ passwordHash })
    for (let source = 0; source < 12; source++) await failures(owner, 8, `source ${source}`)
    const answers = await race(10, (index) => trying(owner, 'guess', from(`new ${index}`)))
    expect(answers.filter((answer) => answer.status === 'refused')).toHaveLength(4)
    expect(answers.filter((answer) => answer.status === 'wait')).toHaveLength(6)
  })

  it('lengthens waits to a minute at most, and an attempt during a wait does not lengthen it', async () => {
    const owner = await account({ passwordHash })
    await failures(owner, 10)
    const waits: number[] = []
    let now = noon
    for (let round = 0; round < 8; round++) {
      const answer = await trying(owner, 'guess', office, now)
      expect(await trying(owner, 'guess', office, now)).toEqual(answer)
      const seconds = answer.status === 'wait' ? answer.seconds : 0
      waits.push(seconds)
      now = new Date(now.getTime() + 1000 * seconds)
      expect(await trying(owner, 'guess', office, now)).toEqual({ status: 'refused' })
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60, 60, 60])
    const inTime = new Date(now.getTime() + 60_000)
    expect(await trying(owner, right, office, inTime)).toMatchObject({ status: 'signed-in' })
  })

  it('never locks the owner out: strangers slow down only sign-ins from unknown sources', async () => {
    const owner = await account({ passwordHash })
    for (let source = 0; source < 30; source++) await failures(owner, 10, `bot ${source}`)
    expect(await trying(owner, right, from('a new place'))).toEqual({ status: 'wait', seconds: 60 })
    expect(await trying(owner, right, home)).toMatchObject({ status: 'signed-in' })
    expect(await trying(owner, right, from('a new place'), later(60_000))).toMatchObject({ status: 'signed-in' })
  })

  it('counts failures for one username only, known or not', async () => {
    const [one, other] = [await account({ passwordHash }), await account({ passwordHash })]
    await failures(one, 20)
    await failures('nobody-there', 10)
    expect(await trying(other, right)).toMatchObject({ status: 'signed-in' })
    expect(await trying('nobody-there', right)).toMatchObject({ status: 'wait' })
  })

  it('expires after 15 minutes', async () => {
    const owner = await account({ passwordHash })
    await failures(owner, 15, office.key, new Date(noon.getTime() - failureWindowMs))
    expect(await trying(owner, right)).toMatchObject({ status: 'signed-in' })
  })

  it('is cleared by the right password, for its source', async () => {
    const owner = await account({ passwordHash })
    await failures(owner, 9)
    await failures(owner, 9, 'elsewhere')
    expect(await trying(owner, right)).toMatchObject({ status: 'signed-in' })
    expect(
      await db().signInFailure.groupBy({ by: ['source'], where: { username: owner.username }, _count: true }),
    ).toEqual([{ source: 'elsewhere', _count: 9 }])
    const answers = await race(20, () => trying(owner, 'guess'))
    expect(answers.filter((answer) => answer.status === 'refused')).toHaveLength(10)
  })
})

describe('a session ends', () => {
  it('when its account is disabled, and with a master those of its sub-accounts; enabling restores none', async () => {
    const [owner, other] = [await account({ passwordHash }), await account({ passwordHash })]
    const ops = await account({ master: owner, passwordHash })
    const sessions = [await signedIn(owner), await signedIn(ops)]
    const others = await signedIn(other)
    await setDisabled(operatorContext(), owner.username, true)
    for (const session of sessions) expect(await findViewer(session, noon)).toBeNull()
    expect(await trying(ops, right)).toEqual({ status: 'refused' })
    await setDisabled(operatorContext(), owner.username, false)
    for (const session of sessions) expect(await findViewer(session, noon)).toBeNull()
    expect(await findViewer(others, noon)).toMatchObject({ accountId: other.id })
    expect(await trying(ops, right)).toMatchObject({ status: 'signed-in' })
  })

  it('when the password is changed, except the session that changed it', async () => {
    const owner = await account({ passwordHash })
    const [mine, elsewhere] = [await signedIn(owner), await signedIn(owner)]
    const change = { currentPassword: right, newPassword: 'another long password' }
    const wrong = await changePassword({ ...owner.ctx, sessionId: mine }, { ...change, currentPassword: 'wrong' })
    expect(wrong).toEqual({ ok: false, refusal: { code: 'PASSWORD_WRONG' } })
    expect(await findViewer(elsewhere, noon)).not.toBeNull()
    const changed = await changePassword({ ...owner.ctx, sessionId: mine }, change)
    expect(changed).toEqual({ ok: true, value: { sessionsEnded: 1 } })
    expect(await findViewer(mine, noon)).not.toBeNull()
    expect(await findViewer(elsewhere, noon)).toBeNull()
    expect(await trying(owner, right)).toEqual({ status: 'refused' })
    expect(await trying(owner, change.newPassword)).toMatchObject({ status: 'signed-in' })
  })

  it('when somebody signs in over it in the same browser, and no other', async () => {
    const [owner, other] = [await account({ passwordHash }), await account({ passwordHash })]
    const [old, elsewhere] = [await signedIn(owner), await signedIn(owner)]
    const typed = { username: other.username, password: 'wrong' }
    await signIn(office, typed, { now: noon, replaced: old })
    expect(await findViewer(old, noon)).not.toBeNull()
    await signIn(office, { ...typed, password: right }, { now: noon, replaced: old })
    expect(await findViewer(old, noon)).toBeNull()
    expect(await findViewer(elsewhere, noon)).not.toBeNull()
  })

  it('when one signs out, that one alone, and when the operator ends all', async () => {
    const owner = await account({ passwordHash })
    const [one, other] = [await signedIn(owner), await signedIn(owner)]
    await endSession(one)
    expect(await findViewer(one, noon)).toBeNull()
    expect(await findViewer(other, noon)).not.toBeNull()
    expect(await endSessions(operatorContext(owner), owner.username)).toEqual({ ok: true, value: { sessionsEnded: 1 } })
    expect(await findViewer(other, noon)).toBeNull()
  })

  it('also if it is being opened with the old password while a new password ends all sessions', async () => {
    const alive = await openedWhile(async (who, opening) => {
      await setPassword(operatorContext(), who.username, await hashPassword('another long password'))
      await opening
    })
    expect(alive).toEqual([])
  })

  it('also if it is being opened while its account is disabled and enabled again', async () => {
    const alive = await openedWhile(async (who, opening) => {
      await setDisabled(operatorContext(), who.username, true)
      await opening
      await setDisabled(operatorContext(), who.username, false)
    })
    expect(alive).toEqual([])
  })
})

/** Signs in eight accounts, runs `end` while their passwords are being checked, and returns which sessions are alive afterwards. */
async function openedWhile(end: (who: TestAccount, opening: Promise<unknown>) => Promise<unknown>): Promise<string[]> {
  const rounds = Array.from({ length: 8 }, async () => {
    const owner = await account({ passwordHash })
    const opening = trying(owner, right)
    // The attempt is recorded just before the password is checked.
    const isNoted = async () => (await db().signInFailure.count({ where: { username: owner.username } })) > 0
    await untilTrue(isNoted)
    await end(owner, opening)
    const answer = await opening
    const viewer = answer.status === 'signed-in' ? await findViewer(answer.sessionId, noon) : null
    return viewer ? [viewer.username] : []
  })
  return (await Promise.all(rounds)).flat()
}

test('only expired sessions and failures are deleted', async () => {
  const owner = await account({ passwordHash })
  const [old, young] = [await signedIn(owner), await signedIn(owner, later(minutes(1)))]
  await failures(owner, 1)
  await failures(owner, 2, office.key, later(minutes(1)))
  await forgetExpiredSessions(later(sessionMs + 1))
  expect((await db().session.findMany({ where: { id: { in: [old, young] } } })).map((row) => row.id)).toEqual([young])
  await failures(owner, 1)
  await failures(owner, 2, office.key, later(minutes(1)))
  await forgetExpiredSessions(later(failureWindowMs + 1))
  expect(await db().signInFailure.count({ where: { username: owner.username } })).toBe(2)
})
