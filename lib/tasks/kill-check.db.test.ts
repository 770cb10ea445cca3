import { type ChildProcess, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { beginCleanCopy } from '@/lib/clean-copies/writes'
import { db } from '@/lib/db/client'
import { makeFileSystem } from '@/lib/disks/fixtures/file-systems'
import { hasTools, toolsNote } from '@/lib/disks/fixtures/tools'
import { removalPatienceMs } from '@/lib/images/rules'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { listStaged } from '@/lib/stores/staging'
import { account, bucketRegion, leasesAge, quota, region } from '@/lib/testing/builders'
import { cleaningTools, newSecret, plantedDisk, plantedExtDisk, storedRaw } from '@/lib/testing/builders-planted'
import { readerParts } from '@/lib/testing/reader'
import { isRunning, killProcess, startWorkerProcess } from '@/lib/testing/worker-process'
import { leaseMs } from '@/lib/transfers/rules'
import { checkJob } from './check'
import { sweepChecks } from './sweep-checks'
import { sweepImages } from './sweep-images'

// The real worker, killed with SIGKILL during a check and a clean copy: at a bucket that does not respond, or a slow tool.

const server = new S3Server()
await server.start()
const tools = await mkdtemp(path.join(tmpdir(), 'ecs-console-tools-'))
const isSlow = path.join(tools, 'slow')
const slowly = (name: string) => `#!/bin/sh
[ -e '${isSlow}.${name}' ] && : > '${isSlow}.${name}.reached' && sleep 60
PATH="\${PATH#*:}:/usr/sbin:/sbin" exec ${name} "$@"
`
for (const name of ['qemu-img', 'e2fsck']) await writeFile(path.join(tools, name), slowly(name), { mode: 0o755 })

let worker: ChildProcess | undefined
const parts = await readerParts()
const startWorker = () =>
  (worker = startWorkerProcess({ PATH: `${tools}:${process.env.PATH}`, ...(parts && { ECS_CHECK_KERNEL: parts }) }))

beforeEach(() => {
  server.before = () => false
})
afterEach(async () => {
  if (isRunning(worker)) await killProcess(worker)
})
afterAll(async () => {
  await server.stop()
  await rm(tools, { recursive: true })
})

/** Kills a worker at a point of its work, and lets its leases expire so that the work is taken up again. */
async function killWhen(hasCome: () => Promise<boolean> | boolean): Promise<void> {
  const running = startWorker()
  await expect.poll(hasCome).toBe(true)
  await killProcess(running)
  server.before = () => false
  await db().$executeRaw`UPDATE "Check" SET "renewedAt" = "renewedAt" - ${leaseMs + 1_000} * interval '1 millisecond'`
  await leasesAge(leaseMs + 1_000)
  await sweepChecks()
  await sweepImages(new Date(Date.now() + removalPatienceMs + 1_000))
}

/** Holds the bucket's first response with bytes. */
function holdBytes(): () => boolean {
  let isHeld = false
  server.before = async ({ method }) => {
    if (method !== 'GET' || isHeld) return isHeld
    isHeld = true
    return await new Promise<boolean>(() => {})
  }
  return () => isHeld
}

/** The reader machines of all workers, as parent and process ids. */
function readingMachines(): { parent: number; pid: number }[] {
  const lines = execFileSync('ps', ['-e', '-o', 'ppid=,pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .filter((line) => line.includes('qemu-system') && line.includes('guest=disk-reader'))
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([parent = 0, pid = 0]) => ({ parent, pid }))
}

async function expectNothingWrong(): Promise<void> {
  await expect.poll(async () => await listStaged()).toEqual([])
  expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
}

test('a check whose worker is killed twice has one verdict in the end', async () => {
  const [here, owner] = await Promise.all([bucketRegion(server), account()])
  const { sha256 } = await storedRaw(owner, here, plantedDisk(newSecret()))
  const rowOf = async () => await db().check.findUniqueOrThrow({ where: { sha256 }, include: { found: true } })
  for (const tries of [1, 2]) {
    const isHeld = holdBytes()
    await killWhen(isHeld)
    expect(await rowOf()).toMatchObject({ state: 'running', isQueued: true, leaseHolder: null, tries })
  }
  startWorker()
  await expect.poll(async () => (await rowOf()).isQueued).toBe(false)
  const row = await rowOf()
  expect(row).toMatchObject({ state: 'findings', critical: 1, tries: 3 })
  expect(row.found).toHaveLength(1)
  await expectNothingWrong()
})

test.skipIf(!parts || !hasTools('mkfs.btrfs'))(
  `a check whose worker is killed while a machine reads the disk ends that machine, and has one verdict in the end${parts ? toolsNote('mkfs.btrfs') : ' (skipped: no machine can be started here)'}`,
  async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const folder = await mkdtemp(path.join(tmpdir(), 'ecs-kill-'))
    const secret = newSecret()
    const key = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC${secret}\n-----END PRIVATE KEY-----\n`
    const disk = await readFile(makeFileSystem(folder, 'btrfs', { 'srv/server.key': key }))
    await rm(folder, { recursive: true })
    const { sha256 } = await storedRaw(owner, here, disk)
    const ours = () => readingMachines().find(({ parent }) => parent === worker?.pid)
    let pid: number | undefined
    await killWhen(() => {
      pid = ours()?.pid
      return pid !== undefined
    })
    await expect.poll(() => readingMachines().some((machine) => machine.pid === pid)).toBe(false)
    startWorker()
    const rowOf = async () => await db().check.findUniqueOrThrow({ where: { sha256 }, include: { found: true } })
    await expect.poll(async () => (await rowOf()).isQueued).toBe(false)
    expect(await rowOf()).toMatchObject({ state: 'findings', reason: null, critical: 1, tries: 2 })
    await expectNothingWrong()
  },
)

test.skipIf(!hasTools(...cleaningTools))(
  `a clean copy whose worker is killed while it is unpacked and while it is repaired becomes one image${toolsNote(...cleaningTools)}`,
  async () => {
    const [here, owner] = await Promise.all([bucketRegion(server), account()])
    // A quota place that is lost or taken twice would be noticed.
    await quota(owner, here, 2)
    const { imageId, sha256 } = await storedRaw(owner, here, await plantedExtDisk(newSecret()))
    await checkJob({ sha256 }, true)
    const wanted = { region: here, imageId, name: 'clean', findings: [], isReset: true }
    const begun = await beginCleanCopy(owner.at(new Date()), wanted)
    if (!begun.ok) throw new Error(begun.refusal.code)
    const copy = begun.value.imageId
    for (const name of ['qemu-img', 'e2fsck']) {
      await writeFile(`${isSlow}.${name}`, '')
      await killWhen(() => existsSync(`${isSlow}.${name}.reached`))
      await rm(`${isSlow}.${name}`)
      expect(await db().transfer.findUnique({ where: { imageId: copy } })).toMatchObject({ step: 'CLEAN' })
    }
    startWorker()
    const rowOf = async () => await db().image.findUniqueOrThrow({ where: { id: copy }, include: { transfer: true } })
    await expect.poll(async () => (await rowOf()).state).toBe('available')
    expect(await rowOf()).toMatchObject({ transfer: null, source: 'CLEAN' })
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(2)
    await expectNothingWrong()
  },
)
