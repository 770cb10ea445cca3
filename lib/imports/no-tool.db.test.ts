import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { findDiskTool } from '@/lib/disks/convert'
import { hasQemu, qemuNote } from '@/lib/disks/fixtures/qemu'
import { vdiDisk } from '@/lib/disks/fixtures/vdi'
import { sparseVmdk } from '@/lib/disks/fixtures/vmdk'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { importImage } from '@/lib/tasks/import-image'
import { transferJob } from '@/lib/tasks/transfer'
import { account, keysIn, quota, region } from '@/lib/testing/builders'
import { beginImport, endReceiving } from './writes'

// A host without qemu-img.
const installed = process.env.PATH
process.env.PATH = '/nowhere'

const raw = buildRawDisk({ sizeMib: 4, label: 'NOTOOL', seed: 5 })
const naming = (region: string, name: string) => ({ region, name, operatingSystem: 'Debian 12' })
const source = (bytes: Buffer) => ({ open: () => Readable.from([bytes]) })

test.each([
  ['qcow2', buildQcow2({ raw })],
  ['raw', raw],
] as const)('without qemu-img a valid %s disk is stored unconverted, which its image records', async (format, disk) => {
  expect(await findDiskTool()).toBeNull()
  const [here, owner] = await Promise.all([region(), account()])
  const imported = await importImage(owner.ctx, naming(here, format), source(disk))
  const sha256 = createHash('sha256').update(disk).digest('hex')
  expect(imported).toMatchObject({ ok: true })
  const image = await db().image.findFirst({ where: { ownerId: owner.id } })
  expect(image).toMatchObject({ state: 'available', isNormalised: false, format, sha256, size: BigInt(disk.length) })
})

test('without qemu-img other formats are refused with the missing tool, and take no quota place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  for (const [format, disk] of Object.entries({ vdi: vdiDisk, vmdk: sparseVmdk })) {
    const refused = await importImage(owner.ctx, naming(here, 'foreign'), source(disk))
    expect(refused).toMatchObject({ ok: false, refusal: { reason: 'tool-missing', facts: { format } } })
  }
  expect(await keysIn(here)).toEqual([])
  const images = await db().image.findMany({ where: { regionId: here } })
  expect((await listStaged()).filter(({ imageId }) => images.some(({ id }) => id === imageId))).toEqual([])
  // The refused imports released the only quota place.
  expect(await importImage(owner.ctx, naming(here, 'own'), source(raw))).toMatchObject({ ok: true })
})

test.skipIf(!hasQemu)(
  `once qemu-img is installed, upload and command line give the same disk, and other formats are accepted${qemuNote}`,
  async () => {
    process.env.PATH = installed
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    const uploaded = await beginImport(owner.ctx, naming(here, 'by browser'))
    const imageId = uploaded.ok ? uploaded.value.imageId : ''
    const received = await receiveStaged(imageId, Readable.from([raw]), { sizeMax: raw.length })
    await endReceiving(owner.ctx, { imageId, holder: null }, { ...received, claimedSha256: null })
    await transferJob({ imageId }, true)
    expect(await importImage(owner.ctx, naming(there, 'by command line'), source(raw))).toMatchObject({ ok: true })
    const images = await db().image.findMany({ where: { ownerId: owner.id } })
    expect(images).toMatchObject([1, 2].map(() => ({ state: 'available', isNormalised: true, format: 'qcow2' })))
    expect(new Set(images.map(({ sha256 }) => sha256)).size).toBe(1)
    expect(await importImage(owner.ctx, naming(here, 'foreign'), source(vdiDisk))).toMatchObject({ ok: true })
  },
)
