import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { setQuotas } from '@/lib/quotas/writes'
import { inMotion, leasesAge } from '@/lib/testing/builders'
import { admin, type Fixture, fixture, imported, master, shared } from './admin-fixture'
import { operatorContext } from './operator'
import { showFindings, verify } from './verify'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-verify-test-'))
let made: Fixture

beforeAll(async () => {
  made = await fixture(folder)
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

let names = 0
const name = (word: string) => `${word}-${names++}`

function fileOf(key: string): string {
  return path.join(process.env.ECS_DATA_DIR ?? '', 'stores', made.region, key)
}

let disks = 0

/** An image whose bytes no other image has. */
async function lonelyImage() {
  const { image } = await imported(made, name('owner'), ++disks)
  const { blob } = await db().image.findUniqueOrThrow({ where: { id: image.id }, select: { blob: true } })
  if (!blob) throw new Error('The image has no bytes.')
  return { image, blobId: blob.id, file: fileOf(blobKey(blob)) }
}

/** An image that is shared with some new accounts. */
async function sharedImage(recipients: number) {
  const { image, owner } = await imported(made, name('sharer'))
  const usernames = Array.from({ length: recipients }, () => name('recipient'))
  return { image, owner, shares: recipients > 0 ? await shared(made, image.id, owner, usernames) : [] }
}

/** A transfer of 1,000 bytes of which none has arrived. */
async function moving(): Promise<{ id: string }> {
  const { image } = await sharedImage(0)
  const bytes = { totalBytes: 1_000, promisedBytes: 1_000, reservedBytes: 1_000 }
  const transfer = { create: { kind: 'IMPORT', step: 'RECEIVE', patienceMs: 2_000_000_000, ...bytes } } as const
  await db().image.update({ where: { id: image.id }, data: { state: 'importing', transfer } })
  return image
}

/** Inserts a share without its event and counter. */
async function plantShare(image: { id: string }, owner: { id: string }, recipientId: string): Promise<string> {
  const id = `shr-${crypto.randomUUID().slice(0, 8)}00`
  const data = { id, imageId: image.id, ownerId: owner.id, regionId: made.region, recipientId, sharedById: owner.id }
  await db().share.create({ data: { ...data, createdAt: new Date() } })
  return id
}

test('a console that was changed only through its writes has no findings', async () => {
  await sharedImage(20)
  await sharedImage(0)
  expect(await verify()).toEqual([])
  expect(await showFindings({}, false)).toMatchObject({ value: { lines: ['0 violations'], complaint: null } })
})

/** Each entry plants one kind of damage and returns the id that must be reported. */
const damages: Record<string, () => Promise<string>> = {
  'checksum: a byte of a stored file changed': async () => {
    const { image, blobId, file } = await lonelyImage()
    const opened = fs.openSync(file, 'r+')
    fs.writeSync(opened, Buffer.from([0xaa]), 0, 1, image.size - 1)
    fs.closeSync(opened)
    return blobId
  },
  'file-size: a stored file was cut': async () => {
    const { blobId, file } = await lonelyImage()
    fs.truncateSync(file, 1000)
    return blobId
  },
  'missing-file: a stored file is gone': async () => {
    const { blobId, file } = await lonelyImage()
    fs.rmSync(file)
    return blobId
  },
  'orphan: bytes that nothing refers to': async () => {
    fs.writeFileSync(fileOf('0000.blb-0000000000'), 'bytes')
    return '0000.blb-0000000000'
  },
  'shared-state: an image that is not available is shared': async () => {
    const { image } = await sharedImage(1)
    await db().image.update({ where: { id: image.id }, data: { state: 'copying', ...inMotion('copying') } })
    return image.id
  },
  'recipients: an image is shared with 21': async () => {
    const { image, owner } = await sharedImage(20)
    await plantShare(image, owner, (await master(name('recipient'))).id)
    return image.id
  },
  'tags: an image has 21': async () => {
    const { image, owner } = await sharedImage(0)
    const of = { imageId: image.id, ownerId: owner.id, regionId: made.region, value: '' }
    await db().imageTag.createMany({
      data: Array.from({ length: 21 }, (_, number) => ({ ...of, key: `key${number}` })),
    })
    return image.id
  },
  'share-event: a share is not recorded': async () => {
    const { image, owner } = await sharedImage(0)
    return await plantShare(image, owner, (await master(name('recipient'))).id)
  },
  'share-lost: a recorded share is gone': async () => {
    const { shares } = await sharedImage(1)
    await db().share.deleteMany({ where: { id: { in: shares } } })
    return shares[0] ?? ''
  },
  'share-recipient: a sub-account received': async () => {
    const { image, owner } = await sharedImage(0)
    const sub = { id: name('acc'), username: name('sub'), displayName: '', email: '', passwordHash: '' }
    await db().account.create({ data: { ...sub, kind: 'SUB', masterId: owner.id, createdAt: new Date() } })
    return await plantShare(image, owner, sub.id)
  },
  'share-by: a stranger shared': async () => {
    const { shares } = await sharedImage(1)
    const id = shares[0] ?? ''
    await db().share.update({ where: { id }, data: { sharedById: (await master(name('stranger'))).id } })
    return id
  },
  'share-day: the counter of a day is gone': async () => {
    const { owner } = await sharedImage(2)
    await db().shareDay.deleteMany({ where: { accountId: owner.id } })
    return owner.id
  },
  'daily-limit: a day counts 201': async () => {
    const { owner } = await sharedImage(1)
    await db().shareDay.updateMany({ where: { accountId: owner.id }, data: { used: 201 } })
    return owner.id
  },
  'quota: more is used, and nobody forced it': async () => {
    const { owner } = await sharedImage(0)
    await db().quota.create({ data: { accountId: owner.id, regionId: made.region, resource: 'images', amount: 0 } })
    return owner.id
  },
  'bytes-quota: more bytes than the quota, and nobody forced it': async () => {
    const { image, owner } = await sharedImage(0)
    const data = { accountId: owner.id, regionId: made.region, resource: 'bytes', amount: image.size - 1 }
    await db().quota.create({ data })
    return owner.id
  },
  'promise: a transfer brings more than it was promised': async () => {
    const { id } = await moving()
    await db().transfer.update({ where: { imageId: id }, data: { promisedBytes: 999 } })
    return id
  },
  'promise: the rest of an upload has no room': async () => {
    const { id } = await moving()
    await db().transfer.update({ where: { imageId: id }, data: { doneBytes: 100, reservedBytes: 899 } })
    return id
  },
  'promise: more room is reserved than was promised': async () => {
    const { id } = await moving()
    await db().transfer.update({ where: { imageId: id }, data: { reservedBytes: 1_001 } })
    return id
  },
  'promise: a copy of more bytes than it was promised': async () => {
    const { image } = await sharedImage(0)
    const copying = { kind: 'COPY', step: 'STORE', patienceMs: 2_000_000_000, promisedBytes: image.size - 1 } as const
    await db().image.update({ where: { id: image.id }, data: { state: 'copying', transfer: { create: copying } } })
    return image.id
  },
  'session: a disabled account is signed in': async () => {
    const { id } = await master(name('disabled'))
    await db().account.update({ where: { id }, data: { disabledAt: new Date() } })
    const expiresAt = new Date(Date.now() + 3_600_000)
    await db().session.create({ data: { id: name('session'), accountId: id, createdAt: new Date(), expiresAt } })
    return id
  },
  'lookups: 61 unknown usernames within an hour': async () => {
    const { id } = await master(name('curious'))
    const at = (minute: number) => new Date(Date.now() - minute * 30_000)
    const data = Array.from({ length: 61 }, (_, minute) => ({ accountId: id, username: name('look'), at: at(minute) }))
    await db().unknownLookup.createMany({ data })
    return id
  },
  'failed-bytes: a failed image holds bytes': async () => {
    const { image } = await sharedImage(0)
    await db().image.update({ where: { id: image.id }, data: { state: 'failed' } })
    return image.id
  },
  'image-bytes: an image says another checksum than its bytes': async () => {
    const { image } = await sharedImage(0)
    await db().image.update({ where: { id: image.id }, data: { sha256: 'f'.repeat(64) } })
    return image.id
  },
  'transfer: an image at rest has a transfer': async () => {
    const { image } = await sharedImage(0)
    await db().image.update({ where: { id: image.id }, data: inMotion('copying') })
    return image.id
  },
  'blob: bytes are kept for nobody': async () => {
    const { image, blobId } = await lonelyImage()
    await db().image.update({
      where: { id: image.id },
      data: { state: 'importing', blobId: null, ...inMotion('importing') },
    })
    return blobId
  },
  'blob: bytes that an image needs are on their way out': async () => {
    const { blobId } = await lonelyImage()
    await db().blob.update({ where: { id: blobId }, data: { state: 'removing' } })
    return blobId
  },
}

test('every kind of damage is found and reported, and nothing else', async () => {
  const expected: string[] = []
  for (const [damage, plant] of Object.entries(damages)) expected.push(`${damage.split(':')[0]} ${await plant()}`)
  const found = await verify()
  const named = found.map(({ kind, id }) => `${kind} ${id}`)
  expect(named).toEqual(expect.arrayContaining(expected))
  // Some damages break a second rule: bytes being removed belong to no usable image, an empty transfer does not fit a copy, the 21st
  // share and the sub-account's share have no event, and a counter of 201 differs from the events.
  const more = named.filter((line) => !expected.includes(line)).map((line) => line.split(' ')[0])
  expect(more.sort()).toEqual(['image-bytes', 'promise', 'promise', 'share-day', 'share-event', 'share-event'])
  const ended = await admin(['verify'])
  const lines = found.map(({ kind, id, message }) => `${kind} ${id}: ${message}\n`)
  expect(ended).toEqual({ code: 1, out: lines.join(''), err: `${lines.length} violations were found.\n` })
})

test('for programs the findings are one JSON array', async () => {
  const shown = await showFindings({}, true)
  const violations = (await verify()).map(({ kind, id, message }) => ({ kind, id, message }))
  expect(shown).toMatchObject({ value: { json: violations } })
})

test('without reading the contents only a changed byte is missed', async () => {
  const [whole, quick] = [await verify(), await verify({ content: false })]
  expect(whole.filter((finding) => finding.kind !== 'checksum')).toEqual(quick)
})

test('a stalled import and a long delete are notes', async () => {
  const late = new Date(Date.now() - 120_000)
  const [first, second] = [await sharedImage(0), await sharedImage(0)]
  await db().image.update({ where: { id: first.image.id }, data: { state: 'importing', ...inMotion('importing', 0) } })
  await leasesAge(120_000, first.image.id)
  await db().image.update({ where: { id: second.image.id }, data: { state: 'deleting', updatedAt: late } })
  const notes = (await verify()).filter((finding) => finding.severity === 'note')
  expect(notes.map(({ kind, id }) => [kind, id])).toEqual(
    expect.arrayContaining([
      ['importing', first.image.id],
      ['deleting', second.image.id],
    ]),
  )
})

test('use above a quota that was forced, or set later than the use, is a note', async () => {
  const [forced, old] = [await sharedImage(0), await sharedImage(0)]
  const ctx = operatorContext(forced.owner)
  const change = { username: forced.owner.username, region: made.region, amounts: { bytes: 1 }, forced: true }
  expect(await setQuotas(ctx, change)).toMatchObject({ ok: true })
  await db().quota.create({ data: { accountId: old.owner.id, regionId: made.region, resource: 'bytes', amount: 1 } })
  await db().image.update({ where: { id: old.image.id }, data: { createdAt: new Date(0) } })
  const found = (await verify()).filter(({ kind }) => kind === 'bytes-quota')
  const severities = new Map(found.map(({ id, severity }) => [id, severity]))
  expect([severities.get(forced.owner.id), severities.get(old.owner.id)]).toEqual(['note', 'note'])
})
