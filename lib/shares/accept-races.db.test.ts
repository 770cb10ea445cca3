import { beforeEach, describe, expect, it } from 'vitest'
import { setDisabled } from '@/lib/accounts/writes'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { beginImport } from '@/lib/imports/writes'
import type { Result } from '@/lib/result'
import { account, held, image, nth, quota, race, region, type TestAccount, tally } from '@/lib/testing/builders'
import { acceptShare } from './writes-accept'
import { cancelShare, declineShare, endSharesOver } from './writes-end'

process.env.ECS_DATABASE_POOL = '20'

// Acceptances that race with a cancel, a decline, an expiry or others.

const rounds = 30
let here: string
let owner: TestAccount
let recipient: TestAccount

beforeEach(async () => {
  ;[here, owner, recipient] = await Promise.all([region(), account(), account()])
})

async function pending(to: TestAccount, where = here): Promise<string> {
  const id = await held(await image(owner, where), to)
  const answerBy = new Date(Date.now() + 60_000)
  await db().share.update({ where: { id }, data: { status: 'PENDING', answerBy } })
  return id
}

const statusOf = async (id: string) => (await db().share.findUnique({ where: { id } }))?.status ?? null
const eventsOf = async (shareId: string) =>
  (await db().event.findMany({ where: { shareId }, orderBy: { id: 'asc' } })).map(({ action }) => action)
/** Runs some operations at once, starting with another one in each round. */
async function atOnce(round: number, acts: (() => Promise<Result<unknown>>)[]): Promise<Result<unknown>[]> {
  const first = round % acts.length
  const answers = await race(acts.length, (index) => nth(acts, (index + first) % acts.length)())
  return acts.map((_, index) => nth(answers, (index - first + acts.length) % acts.length))
}

describe('an acceptance', () => {
  it('against cancels by the sharer: after an answered cancel there is no share, and each end is recorded once', async () => {
    const sub = await account({ master: recipient })
    for (let round = 0; round < rounds; round++) {
      const shareId = await pending(recipient)
      const answers = await atOnce(round, [
        () => acceptShare(recipient.ctx, { shareId }),
        () => cancelShare(owner.ctx, { shareId }),
        () => acceptShare(sub.ctx, { shareId }),
        () => cancelShare(owner.ctx, { shareId }),
      ])
      expect(tally([nth(answers, 1), nth(answers, 3)])).toEqual({ ok: 1, SHARE_NOT_FOUND: 1 })
      expect(await statusOf(shareId)).toBeNull()
      const accepted = tally([nth(answers, 0), nth(answers, 2)]).ok ?? 0
      expect(await eventsOf(shareId)).toEqual(accepted > 0 ? ['share.accept', 'share.cancel'] : ['share.cancel'])
    }
  })

  it('against a decline: one of the two wins', async () => {
    for (let round = 0; round < rounds; round++) {
      const shareId = await pending(recipient)
      const answers = await atOnce(round, [
        () => acceptShare(recipient.ctx, { shareId }),
        () => declineShare(recipient.ctx, { shareId }),
      ])
      const isAccepted = nth(answers, 0).ok
      expect(tally(answers)).toEqual({ ok: 1, [isAccepted ? 'SHARE_NOT_PENDING' : 'SHARE_NOT_FOUND']: 1 })
      expect([await statusOf(shareId), await eventsOf(shareId)]).toEqual(
        isAccepted ? ['ACCEPTED', ['share.accept']] : [null, ['share.decline']],
      )
    }
  })

  it('against its expiry and the sweep: an expired share stays expired', async () => {
    for (let round = 0; round < rounds; round++) {
      const shareId = await pending(recipient)
      const [answer] = await atOnce(round, [
        () => acceptShare(recipient.ctx, { shareId }),
        async () => {
          const data = { answerBy: new Date(Date.now() - 1) }
          await db().share.updateMany({ where: { id: shareId, status: 'PENDING' }, data })
          return { ok: true, value: null }
        },
        async () => {
          await endSharesOver(new Date())
          return { ok: true, value: null }
        },
      ])
      await endSharesOver(new Date())
      if (!answer?.ok) expect(answer?.refusal.code).toBe('SHARE_NOT_FOUND')
      expect([await statusOf(shareId), await eventsOf(shareId)]).toEqual(
        answer?.ok ? ['ACCEPTED', ['share.accept']] : [null, ['share.lapse']],
      )
    }
  })

  it('against others and an import for the last place: exactly one gets it', async () => {
    for (let round = 0; round < rounds; round++) {
      const where = await region()
      await quota(recipient, where, 1)
      const shares = [await pending(recipient, where), await pending(recipient, where), await pending(recipient, where)]
      const answers = await atOnce(round, [
        ...shares.map((shareId) => () => acceptShare(recipient.ctx, { shareId })),
        () => beginImport(recipient.ctx, { region: where, name: 'web-02', operatingSystem: 'Debian 12' }),
      ])
      expect(tally(answers)).toEqual({ ok: 1, IMAGE_QUOTA_FULL: 3 })
      const accepted = await db().share.count({ where: { id: { in: shares }, status: 'ACCEPTED' } })
      const own = await db().image.count({ where: { ownerId: recipient.id, regionId: where } })
      expect(accepted + own).toBe(1)
      expect(await db().event.count({ where: { shareId: { in: shares }, action: 'share.accept' } })).toBe(accepted)
    }
  })

  it('against the disabling of its account: it is accepted before, or not at all', async () => {
    for (let round = 0; round < rounds; round++) {
      const who = await account()
      const shareId = await pending(who)
      const [answer] = await atOnce(round, [
        () => acceptShare(who.ctx, { shareId }),
        () => setDisabled(operatorContext(), who.username, true),
      ])
      if (!answer?.ok) expect(answer?.refusal.code).toBe('SIGNED_OUT')
      const recorded = await db().event.findMany({
        where: { OR: [{ shareId }, { ownerId: who.id, action: 'account.disable' }] },
        orderBy: { id: 'asc' },
      })
      // Both write under the account's lock, so the events have the order of the operations.
      expect(recorded.at(-1)?.action).toBe('account.disable')
      expect([await statusOf(shareId), await eventsOf(shareId)]).toEqual(
        answer?.ok ? ['ACCEPTED', ['share.accept']] : ['PENDING', []],
      )
    }
  })
})
