import { randomInt } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { createAccount } from '@/lib/accounts/writes'
import { operatorContext } from '@/lib/admin/operator'
import { makeCheckpoints } from '@/lib/audit/writes'
import { hashPassword } from '@/lib/auth/password'
import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { findDiskTool } from '@/lib/disks/convert'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { env } from '@/lib/env'
import { setImageTags } from '@/lib/images/writes-tags'
import { log } from '@/lib/log'
import { makeBootDisk } from '@/lib/machines/boot-disk'
import { createRegion } from '@/lib/regions/writes'
import type { Result } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { checkJob } from '@/lib/tasks/check'
import { importImage } from '@/lib/tasks/import-image'

// The demo data of an embedded database: real disks, created by the same writes as everything else.

const regions = [
  { id: 'cn-shanghai', name: 'China East (Shanghai)', nameZh: '华东（上海）' },
  { id: 'cn-shenzhen', name: 'China South (Shenzhen)', nameZh: '华南（深圳）' },
  { id: 'cn-beijing', name: 'China North (Beijing)', nameZh: '华北（北京）' },
]

const masters: [username: string, displayName: string][] = [
  ['harbour', 'Harbour Logistics'],
  ['lantern', 'Lantern Studio'],
  ['meadow', 'Meadow Research'],
  ...Array.from({ length: 24 }, (_, i): [string, string] => [
    `tenant-${String(i + 1).padStart(2, '0')}`,
    `Tenant ${i + 1}`,
  ]),
]

type DemoImage = {
  owner: string
  region: string
  name: string
  os: string
  sizeMib: number
  format: 'qcow2' | 'raw'
  with: string[]
  tags?: Record<string, string>
}

const images: DemoImage[] = [
  {
    owner: 'harbour',
    region: 'cn-shanghai',
    name: 'web-01',
    os: 'Debian 12',
    sizeMib: 64,
    format: 'qcow2',
    with: ['meadow', 'tenant-01', 'tenant-02'],
    tags: { env: 'prod', team: 'web' },
  },
  { owner: 'harbour', region: 'cn-shanghai', name: 'web-02', os: 'Debian 12', sizeMib: 64, format: 'qcow2', with: [] },
  {
    owner: 'harbour',
    region: 'cn-shanghai',
    name: 'postgres-18',
    os: 'Ubuntu 24.04',
    sizeMib: 128,
    format: 'qcow2',
    with: ['lantern', 'tenant-03'],
    tags: { env: 'prod', team: 'data' },
  },
  {
    owner: 'harbour',
    region: 'cn-shanghai',
    name: 'build-agent',
    os: 'Ubuntu 24.04',
    sizeMib: 96,
    format: 'qcow2',
    with: [],
    tags: { env: 'dev' },
  },
  {
    owner: 'harbour',
    region: 'cn-shanghai',
    name: 'router (edge)',
    os: 'OpenWrt 23.05',
    sizeMib: 8,
    format: 'raw',
    with: [],
  },
  {
    owner: 'harbour',
    region: 'cn-shanghai',
    name: 'windows-jump-host',
    os: 'Windows Server 2022',
    sizeMib: 256,
    format: 'qcow2',
    with: [],
  },
  { owner: 'harbour', region: 'cn-shenzhen', name: 'web-01', os: 'Debian 12', sizeMib: 64, format: 'qcow2', with: [] },
  {
    owner: 'lantern',
    region: 'cn-shanghai',
    name: 'render-node',
    os: 'Rocky Linux 9',
    sizeMib: 128,
    format: 'qcow2',
    with: ['harbour'],
  },
  {
    owner: 'meadow',
    region: 'cn-shenzhen',
    name: 'notebook',
    os: 'Debian 12',
    sizeMib: 64,
    format: 'qcow2',
    with: ['harbour'],
  },
]

/** Easy to read and to type: 12 unambiguous letters, about 54 bits. */
function newPassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz'
  return Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('')
}

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`The demo data was refused: ${JSON.stringify(result.refusal)}`)
  return result.value
}

/** A context of the owner, so that the events of demo images look real. */
function ownerContext(owner: { id: string; username: string }): Context {
  const viewer = mintViewer({ ...owner, kind: 'MASTER', displayName: owner.username, master: null })
  return { viewer, now: new Date(), address: null }
}

async function createAccounts(password: string): Promise<Map<string, { id: string; username: string }>> {
  const passwordHash = await hashPassword(password)
  const accounts = new Map<string, { id: string; username: string }>()
  for (const [username, displayName] of masters) {
    const account = {
      username,
      masterId: null,
      displayName,
      email: `${username}@example.com`,
      passwordHash,
      grants: [],
    }
    accounts.set(username, expectOk(await createAccount(operatorContext(), account)))
  }
  const masterId = accounts.get('harbour')?.id ?? null
  const ops = {
    username: 'ops@harbour',
    masterId,
    grants: [{ policy: 'Administrator' as const, regions: null }],
    displayName: 'Harbour Operations',
    email: 'ops@example.com',
    passwordHash,
  }
  expectOk(await createAccount(operatorContext(), ops))
  return accounts
}

/** The reason recorded with a demo share, in case the image's check finds something. */
const isDemo = 'An image of the demo data.'

/** Checks an image's disk before it is shared, so that the share has a verdict. */
async function checkNow(imageId: string): Promise<void> {
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: imageId }, select: { sha256: true } })
  if (sha256 !== null && env().ECS_DISK_CHECK === 'auto') await checkJob({ sha256 }, true)
}

/** Loads the demo data. Writes `<data>/demo.json` last, so that an interrupted load is recognised. */
export async function seed(): Promise<void> {
  const file = path.join(env().ECS_DATA_DIR, 'demo.json')
  if (existsSync(file) || (await db().account.count()) > 0) return
  const password = newPassword()
  for (const region of regions) {
    const created = await createRegion(operatorContext(), region)
    // The operator may have been here before the first start.
    if (!created.ok && created.refusal.code !== 'REGION_EXISTS') expectOk(created)
  }
  const accounts = await createAccounts(password)
  for (const [index, image] of images.entries()) {
    const owner = accounts.get(image.owner)
    if (!owner) throw new Error(`The demo data has no account ${image.owner}.`)
    const raw = buildRawDisk({
      sizeMib: image.sizeMib,
      label: image.os.split(' ')[0]?.slice(0, 11) ?? 'DISK',
      seed: index + 1,
    })
    const bytes = image.format === 'raw' ? raw : buildQcow2({ raw })
    const input = { region: image.region, name: image.name, operatingSystem: image.os }
    const { imageId } = expectOk(await importImage(ownerContext(owner), input, { open: () => Readable.from([bytes]) }))
    await checkNow(imageId)
    const tags = Object.entries(image.tags ?? {}).map(([key, value]) => ({ key, value }))
    expectOk(await setImageTags(ownerContext(owner), { region: image.region, imageId, shown: [], tags }))
    if (image.with.length === 0) continue
    const share = { region: image.region, imageId, usernames: image.with, note: '', reason: isDemo }
    expectOk(await shareImage(ownerContext(owner), share))
  }
  const lacking = await addBootable(accounts)
  if (lacking) console.log(`The demo has no image that boots: ${lacking}`)
  // The worker logs each checkpoint it makes. The first ones would push the welcome, with its password, off the screen.
  for await (const _ of makeCheckpoints(new Date()));
  const demo = { password, accounts: [...accounts.keys()], boots: lacking === null }
  await writeFile(`${file}.part`, JSON.stringify(demo), { mode: 0o600 })
  await rename(`${file}.part`, file)
}

/**
 * The one bootable demo image: harbour's, shared with lantern, so that an instance can be created at once. Built from Debian's
 * packages with qemu-img, and left out if they are missing. Returns a sentence that says why, or null.
 */
async function addBootable(accounts: Map<string, { id: string; username: string }>): Promise<string | null> {
  const owner = accounts.get('harbour')
  if (!owner) throw new Error('The demo data has no account harbour.')
  if (!(await findDiskTool())) return 'qemu-img is missing (on Debian: apt install qemu-utils).'
  const folder = await mkdtemp(path.join(env().ECS_DATA_DIR, 'demo-'))
  try {
    const disk = path.join(folder, 'tiny-linux.qcow2')
    await makeBootDisk(disk)
    const input = { region: 'cn-shanghai', name: 'tiny-linux', operatingSystem: 'Debian 12' }
    const { imageId } = expectOk(await importImage(ownerContext(owner), input, { open: () => createReadStream(disk) }))
    const share = {
      region: input.region,
      imageId,
      usernames: ['lantern'],
      note: 'It boots: create an instance from it.',
      reason: isDemo,
    }
    await checkNow(imageId)
    expectOk(await shareImage(ownerContext(owner), share))
    return null
  } catch (error) {
    log.info({ err: error }, 'The disk that boots could not be made of packages of Debian.')
    return 'its disk could not be made of packages of Debian.'
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  await seed()
  await db().$disconnect()
}
