import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { blobKey } from '@/lib/blobs/rules'
import { getCleanForm } from '@/lib/clean-copies/reads'
import { beginCleanCopy } from '@/lib/clean-copies/writes'
import { db } from '@/lib/db/client'
import { makeFileSystem } from '@/lib/disks/fixtures/file-systems'
import { hasTools, toolsNote } from '@/lib/disks/fixtures/tools'
import { env } from '@/lib/env'
import { listStaged, stagedFile } from '@/lib/stores/staging'
import { account, image, region, type TestAccount } from '@/lib/testing/builders'
import { checkedImage, finding, reportOf } from '@/lib/testing/builders-checks'
import { cleaningTools, newSecret, plantedExtDisk, storedRaw } from '@/lib/testing/builders-planted'
import { readerParts } from '@/lib/testing/reader'
import { cancelTransfer, failTransfer } from '@/lib/transfers/writes'
import { checkJob } from './check'
import { sweepImages } from './sweep-images'
import { transferJob } from './transfer'

// From the choice of findings to the verdict on the clean copy, with the real tools; the worker's functions are called as the queue
// does.

const canClean = hasTools(...cleaningTools)
const note = toolsNote(...cleaningTools)
const parts = await readerParts()
if (parts) process.env.ECS_CHECK_KERNEL = parts
const why = parts ? '' : 'the packages of the machine cannot be had'

const rowOf = async (id: string) => await db().image.findUniqueOrThrow({ where: { id }, include: { blob: true } })
const bytesOf = async (id: string) => {
  const { blob, regionId } = await rowOf(id)
  if (!blob) throw new Error('It has no bytes.')
  return await readFile(path.join(env().ECS_DATA_DIR, 'stores', regionId, blobKey(blob)))
}

async function planted() {
  const [here, owner] = await Promise.all([region(), account()])
  const secret = newSecret()
  const { imageId, sha256 } = await storedRaw(owner, here, await plantedExtDisk(secret))
  await checkJob({ sha256 }, true)
  return { here, owner, secret, imageId, sha256 }
}

async function begin(owner: TestAccount, here: string, imageId: string): Promise<string> {
  const form = await getCleanForm(owner.ctx, { region: here, imageId })
  const findings = form?.items.filter(({ kept }) => kept === null).map(({ id }) => id) ?? []
  const answer = await beginCleanCopy(owner.ctx, { region: here, imageId, name: 'clean', findings, isReset: true })
  if (!answer.ok) throw new Error(answer.refusal.code)
  return answer.value.imageId
}

test.skipIf(!canClean)(
  `a clean copy holds no byte of a secret, is checked automatically, and its source is unchanged${note}`,
  async () => {
    const { here, owner, secret, imageId, sha256 } = await planted()
    const before = await bytesOf(imageId)
    expect(before.includes(secret)).toBe(true)
    expect(await db().check.findUnique({ where: { sha256 } })).toMatchObject({ state: 'findings', medium: 1 })
    const copy = await begin(owner, here, imageId)
    await transferJob({ imageId: copy }, true)
    const row = await rowOf(copy)
    expect(row).toMatchObject({ state: 'available', format: 'qcow2', isNormalised: true, source: 'CLEAN' })
    expect((await bytesOf(copy)).includes(secret)).toBe(false)
    expect((await bytesOf(imageId)).equals(before)).toBe(true)
    expect(await db().check.findUnique({ where: { sha256: row.sha256 ?? '' } })).toMatchObject({ isQueued: true })
    await checkJob({ sha256: row.sha256 ?? '' }, true)
    const after = await db().check.findUnique({ where: { sha256: row.sha256 ?? '' }, include: { found: true } })
    expect(after).toMatchObject({ isDeep: true, medium: 0 })
    expect(after?.found.map(({ path: where }) => where)).toEqual(['etc/owned.kdbx'])
    expect(await listStaged()).toEqual([])
    expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
  },
)

test.skipIf(why !== '' || !canClean || !hasTools('mkfs.xfs'))(
  `a clean copy of XFS is made by the machine that reads it${why ? ` (skipped: ${why})` : toolsNote('mkfs.xfs')}`,
  async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const secret = newSecret()
    const folder = await mkdtemp(path.join(tmpdir(), 'ecs-clean-xfs-'))
    const files = { 'etc/shadow': `root:$6$ab$${secret}:19000:0:99999:7:::\n`, 'srv/index.html': '<p>Hello</p>\n' }
    const disk = await readFile(makeFileSystem(folder, 'xfs', files)).finally(() => rm(folder, { recursive: true }))
    const { imageId, sha256 } = await storedRaw(owner, here, disk)
    await checkJob({ sha256 }, true)
    const copy = await begin(owner, here, imageId)
    await transferJob({ imageId: copy }, true)
    const row = await rowOf(copy)
    expect(row).toMatchObject({ state: 'available', source: 'CLEAN' })
    expect((await bytesOf(copy)).includes(secret)).toBe(false)
    await checkJob({ sha256: row.sha256 ?? '' }, true)
    const { state, report } = await db().check.findUniqueOrThrow({ where: { sha256: row.sha256 ?? '' } })
    expect({ state, report }).toMatchObject({ state: 'clean', report: { files: 2 } })
    expect(await listStaged()).toEqual([])
  },
)

test.skipIf(!canClean)(`a clean copy cancelled during its work leaves nothing${note}`, async () => {
  const { here, owner, imageId } = await planted()
  const copy = await begin(owner, here, imageId)
  const running = transferJob({ imageId: copy }, true)
  await expect
    .poll(async () => (await db().transfer.findUnique({ where: { imageId: copy } }))?.leaseHolder ?? null)
    .not.toBeNull()
  expect(await cancelTransfer(owner.ctx, { region: here, imageId: copy })).toMatchObject({ ok: true })
  await running
  expect(await db().image.count({ where: { id: copy } })).toBe(0)
  expect(await db().blob.count({ where: { regionId: here } })).toBe(1)
  expect(await listStaged()).toEqual([])
})

test.skipIf(!canClean)(`a clean copy of damaged bytes fails and releases its quota place${note}`, async () => {
  const { here, owner, imageId } = await planted()
  const copy = await begin(owner, here, imageId)
  const { blob } = await rowOf(imageId)
  const file = path.join(env().ECS_DATA_DIR, 'stores', here, blob ? blobKey(blob) : '')
  const bytes = await readFile(file)
  await writeFile(file, bytes.fill(1, 8_000_000, 8_000_100))
  await transferJob({ imageId: copy }, true)
  expect(await rowOf(copy)).toMatchObject({ state: 'failed', failure: { code: 'COPY_SOURCE_DAMAGED' }, blobId: null })
  expect(await db().cleanCopy.count({ where: { imageId: copy } })).toBe(1)
})

test('the sweep keeps the files of a running clean copy, and removes them once it has ended', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  await checkedImage(imageId, reportOf([finding('a')]))
  const wanted = { region: here, imageId, name: 'clean', findings: ['a'], isReset: true }
  const begun = await beginCleanCopy(owner.at(new Date()), wanted)
  if (!begun.ok) throw new Error(begun.refusal.code)
  const copy = begun.value.imageId
  await mkdir(stagedFile(copy, 'holder.qcow2.work'), { recursive: true })
  await writeFile(path.join(stagedFile(copy, 'holder.qcow2.work'), 'disk'), 'half')
  const left = async () => (await listStaged()).filter((file) => file.imageId === copy)
  await sweepImages(new Date())
  expect(await left()).toHaveLength(1)
  await failTransfer(owner.at(new Date()), { imageId: copy, holder: null }, { code: 'STORE_FULL' })
  await sweepImages(new Date())
  expect(await left()).toEqual([])
})
