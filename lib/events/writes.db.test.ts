import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { newId } from '@/lib/ids'
import { ok } from '@/lib/result'
import { account, noon } from '@/lib/testing/builders'
import { recordEvents } from './writes'

const record = async (...[ctx, events]: [Parameters<typeof recordEvents>[1], Parameters<typeof recordEvents>[2]]) =>
  await inTransaction(async (tx) => ok(await recordEvents(tx, ctx, events)))

test('an event records who did it, for whom, when and from where, with all its facts', async () => {
  const [owner, other, recipient] = [await account(), await account(), await account()]
  const ops = await account({ master: owner })
  const imageId = newId('img')
  const facts = {
    action: 'share.cancel' as const,
    regionId: 'cn-a',
    image: { id: imageId, name: 'web-01' },
    shareId: newId('shr'),
    recipient,
    details: { by: 'sharer' },
  }
  await record({ ...ops.ctx, address: '192.0.2.1' }, [facts, { ...facts, owner: other }])
  const actor = { at: noon, actorId: ops.id, actorName: ops.username, address: '192.0.2.1' }
  const told = { action: 'share.cancel', regionId: 'cn-a', imageId, imageName: 'web-01', shareId: facts.shareId }
  const whom = { recipientId: recipient.id, recipientName: recipient.username, details: { by: 'sharer' } }
  expect(await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })).toMatchObject([
    { ...actor, ...told, ...whom, ownerId: owner.id, ownerName: owner.username },
    { ...actor, ...told, ...whom, ownerId: other.id, ownerName: other.username },
  ])
})

test('an event about no resource leaves those columns empty', async () => {
  const owner = await account()
  await record(owner.ctx, [{ action: 'session.end' }])
  expect(await db().event.findMany({ where: { ownerId: owner.id } })).toMatchObject([
    {
      action: 'session.end',
      regionId: null,
      imageId: null,
      imageName: null,
      shareId: null,
      recipientId: null,
      recipientName: null,
      address: null,
      details: {},
    },
  ])
})
