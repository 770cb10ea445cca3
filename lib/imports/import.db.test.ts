import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { findDiskTool } from '@/lib/disks/convert'
import { patched } from '@/lib/disks/fixtures/patch'
import { writeParts } from '@/lib/disks/fixtures/tables'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import { importImage } from '@/lib/tasks/import-image'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { account, image, later, leasesAge, noon, quota, region, type TestAccount } from '@/lib/testing/builders'
import { untilTrue } from '@/lib/testing/until'
import { leaseMs } from '@/lib/transfers/rules'
import { settleTransfer } from '@/lib/transfers/writes'
import { beginImport } from './writes'

process.env.ECS_IMAGE_SIZE_MAX = '8MiB'

const raw = buildRawDisk({ sizeMib: 8, label: 'DEBIAN', seed: 1 })
const qcow2 = buildQcow2({ raw })
const naming = (region: string) => ({ region, name: 'web-01', operatingSystem: 'Debian 12' })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const rowOf = async (id: string) => await db().image.findUniqueOrThrow({ where: { id }, include: { transfer: true } })
const onlyImageOf = async (owner: TestAccount) =>
  await db().image.findFirstOrThrow({ where: { ownerId: owner.id }, include: { transfer: true } })
/** What an import left in the region's store and, for its images, in the staging folder. */
async function storedIn(regionId: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key, isPartial } of storeOf(regionId).list()) keys.push(isPartial ? `${key} (unfinished)` : key)
  const images = await db().image.findMany({ where: { regionId }, select: { id: true } })
  const staged = (await listStaged()).filter((file) => images.some((image) => image.id === file.imageId))
  return [...keys, ...staged.map((file) => `staged ${file.imageId}`)]
}

/** Chunks that do not match the disk's structures, as from a network. */
function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 100_003) yield bytes.subarray(at, at + 100_003)
}
/** The same, with a callback after the first 4 KiB. */
async function* saying(bytes: Buffer, say: () => Promise<unknown>) {
  yield bytes.subarray(0, 4096)
  await say()
  yield bytes.subarray(4096)
}
const source = (bytes: Buffer) => ({ open: () => Readable.from(pieces(bytes)) })

async function keyOf(imageId: string): Promise<string> {
  const { blob } = await db().image.findUniqueOrThrow({ where: { id: imageId }, select: { blob: true } })
  return blob ? blobKey(blob) : ''
}

async function bytesOf(regionId: string, imageId: string): Promise<Buffer> {
  return Buffer.concat(await (await storeOf(regionId).read(await keyOf(imageId))).toArray())
}

const isNormalised = (await findDiskTool()) !== null

/** A quota of one image, so that a place that is not released is noticed. */
async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  return { here, owner }
}

describe('a good disk', () => {
  it.each([
    ['qcow2', qcow2],
    ['raw', raw],
  ])('is imported completely: %s', async (format, disk) => {
    const { here, owner } = await tenant()
    const progress: number[] = []
    const onProgress = (done: number, _: number | undefined, stage: string) =>
      stage === 'receiving' && progress.push(done)
    const result = await importImage(owner.ctx, naming(here), { ...source(disk), onProgress })
    const imageId = result.ok ? result.value.imageId : ''
    const stored = await bytesOf(here, imageId)
    expect(await rowOf(imageId)).toMatchObject({
      state: 'available',
      format: isNormalised ? 'qcow2' : format,
      isNormalised,
      size: BigInt(stored.length),
      virtualSize: BigInt(raw.length),
      // Properties that the disk does not state stay empty.
      bootMode: null,
      minDiskGib: 1,
      minMemoryMib: null,
      sha256: sha256(stored),
      originFormat: format,
      originSize: BigInt(disk.length),
      originSha256: sha256(disk),
      transfer: null,
      failure: null,
    })
    if (!isNormalised) expect(sha256(stored)).toBe(sha256(disk))
    expect(await storedIn(here)).toEqual([await keyOf(imageId)])
    expect(Math.max(...progress)).toBe(disk.length)
    const events = await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })
    expect(events.map((event) => event.action)).toEqual(['image.import', 'image.available'])
  })

  it('with an EFI system partition gets boot mode UEFI, unless its owner has set another meanwhile', async () => {
    const { here, owner } = await tenant()
    await quota(owner, here, 2)
    const partition = { type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', start: 2048, sectors: 8192 }
    const disk = writeParts(Buffer.alloc(8 * 2 ** 20), [partition])
    const first = await importImage(owner.ctx, naming(here), source(disk))
    const uefi = first.ok ? first.value.imageId : ''
    expect(await rowOf(uefi)).toMatchObject({ state: 'available', bootMode: 'UEFI', minDiskGib: 1, minMemoryMib: null })
    const said = { bootMode: 'BIOS' as const, minDiskGib: 9, minMemoryMib: 512 }
    const open = () =>
      Readable.from(
        saying(disk, () => db().image.updateMany({ where: { ownerId: owner.id, state: 'importing' }, data: said })),
      )
    const second = await importImage(owner.ctx, naming(here), { open })
    expect(await rowOf(second.ok ? second.value.imageId : '')).toMatchObject({ state: 'available', ...said })
  })

  it('is not even opened if the quota is full', async () => {
    const { here, owner } = await tenant()
    await image(owner, here)
    const open = () => {
      throw new Error('It was opened.')
    }
    const result = await importImage(owner.ctx, naming(here), { open })
    expect(result).toMatchObject({ refusal: { code: 'IMAGE_QUOTA_FULL' } })
    expect(await storedIn(here)).toEqual([])
  })
})

describe('a refused disk leaves its reason, and neither bytes nor a taken quota place', () => {
  const refused: [string, Buffer, object, object][] = [
    ['a backing file', patched(qcow2, { at: 8, put: 512n }, { at: 16, put: 8 }), { reason: 'backing-file' }, {}],
    ['an external data file', patched(qcow2, { at: 72, put: 4n }), { reason: 'external-data-file' }, {}],
    ['encryption', patched(qcow2, { at: 32, put: 2 }), { reason: 'encrypted' }, {}],
    ['a cut end', qcow2.subarray(0, qcow2.length - 65_536), { reason: 'truncated' }, {}],
    ['a text', Buffer.from('<!DOCTYPE html><html>Sign in</html>'), { reason: 'not-a-disk' }, { found: 'html' }],
    ['nothing in it', Buffer.alloc(0), { reason: 'empty' }, {}],
    ['an absurd size', patched(qcow2, { at: 24, put: 1n << 60n }), { reason: 'virtual-size-too-large' }, {}],
  ]
  it.each(refused)('%s', async (_, disk, reason, facts) => {
    const { here, owner } = await tenant()
    const result = await importImage(owner.ctx, naming(here), source(disk))
    expect(result).toMatchObject({ ok: false, refusal: { code: 'DISK_REFUSED', ...reason, facts } })
    const row = await onlyImageOf(owner)
    const failure = { code: 'DISK_REFUSED', ...reason, facts }
    expect(row).toMatchObject({ state: 'failed', failure, size: 0n, virtualSize: 0n, sha256: null, transfer: null })
    expect(await storedIn(here)).toEqual([])
    expect(await db().event.findFirst({ where: { imageId: row.id, action: 'image.fail' } })).not.toBeNull()
    expect(await importImage(owner.ctx, naming(here), source(qcow2))).toMatchObject({ ok: true })
  })

  it('one byte too many', async () => {
    const { here, owner } = await tenant()
    const result = await importImage(owner.ctx, naming(here), source(Buffer.concat([raw, Buffer.alloc(1)])))
    expect(result).toEqual({ ok: false, refusal: { code: 'IMAGE_TOO_LARGE', max: raw.length } })
    const failure = { code: 'IMAGE_TOO_LARGE', facts: { max: raw.length } }
    expect(await onlyImageOf(owner)).toMatchObject({ state: 'failed', failure })
    expect(await storedIn(here)).toEqual([])
    expect(await importImage(owner.ctx, naming(here), source(raw))).toMatchObject({ ok: true })
  })

  it('a source that breaks off: a fault, whose reference the image shows', async () => {
    const { here, owner } = await tenant()
    async function* breaking() {
      yield raw.subarray(0, 1_000_000)
      throw new Error('The cable was pulled.')
    }
    const broken = importImage(owner.ctx, naming(here), { open: () => Readable.from(breaking()) })
    await expect(broken).rejects.toThrow('cable')
    const failure = { code: 'IMPORT_FAULT', facts: { reference: expect.any(String) } }
    expect(await onlyImageOf(owner)).toMatchObject({ state: 'failed', failure })
    expect(await storedIn(here)).toEqual([])
    expect(await importImage(owner.ctx, naming(here), source(raw))).toMatchObject({ ok: true })
  })
})

describe('an import whose process was killed', () => {
  it('while receiving: the next import releases its quota place', async () => {
    const { here, owner } = await tenant()
    const begun = await beginImport(owner.ctx, naming(here))
    const dead = begun.ok ? begun.value.imageId : ''
    await receiveStaged(dead, Readable.from([raw]), { sizeMax: raw.length })
    await leasesAge(leaseMs - 10_000, dead)
    const tooEarly = await importImage(owner.ctx, naming(here), source(qcow2))
    expect(tooEarly).toMatchObject({ refusal: { code: 'IMAGE_QUOTA_FULL' } })
    expect(await storedIn(here)).toEqual([`staged ${dead}`])
    await leasesAge(10_001, dead)
    const next = await importImage(owner.ctx, naming(here), source(qcow2))
    expect(next).toMatchObject({ ok: true })
    expect(await rowOf(dead)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
    expect(await storedIn(here)).toEqual([await keyOf(next.ok ? next.value.imageId : '')])
  })

  it('the sweep affects neither a running import nor an available image, however often it runs', async () => {
    const { here, owner } = await tenant()
    async function* slow() {
      yield raw.subarray(0, 4_000_000)
      await leasesAge(leaseMs - 10_000)
      await Promise.all([sweepImages(noon), sweepImages(noon), sweepImages(later(1000))])
      yield raw.subarray(4_000_000)
    }
    const result = await importImage(owner.ctx, naming(here), { open: () => Readable.from(slow()) })
    const imageId = result.ok ? result.value.imageId : ''
    await leasesAge(10 * leaseMs)
    await sweepImages(noon)
    expect(await rowOf(imageId)).toMatchObject({ state: 'available', originSha256: sha256(raw) })
  })

  it('that was suspended is refused when it continues, and leaves no bytes beside the failed image', async () => {
    const { here, owner } = await tenant()
    async function* asleep() {
      yield raw.subarray(0, 4_000_000)
      // It has renewed its lease, and does so again no sooner than in a second.
      await untilTrue(async () => (await onlyImageOf(owner)).transfer?.doneBytes !== 0n)
      await leasesAge(leaseMs + 1)
      await sweepImages(noon)
      yield raw.subarray(4_000_000)
    }
    const result = await importImage(owner.ctx, naming(here), { open: () => Readable.from(asleep()) })
    expect(result).toMatchObject({ ok: false, refusal: { code: 'IMAGE_BUSY' } })
    expect(await onlyImageOf(owner)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
    expect(await storedIn(here)).toEqual([])
  })
})

test('an image that was failed while its last bytes arrived is not available afterwards', async () => {
  const { here, owner } = await tenant()
  const begun = await beginImport(owner.ctx, naming(here))
  const imageId = begun.ok ? begun.value.imageId : ''
  await leasesAge(leaseMs + 1, imageId)
  await sweepImages(noon)
  const disk = { format: 'raw', virtualSize: 512, size: 512, sha256: 'a'.repeat(64) } as const
  expect(await settleTransfer(owner.ctx, { imageId, holder: null }, disk)).toMatchObject({
    refusal: { code: 'IMAGE_BUSY' },
  })
  expect(await rowOf(imageId)).toMatchObject({ state: 'failed', sha256: null })
})
