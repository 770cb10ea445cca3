import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '@/lib/testing/random'
import { testReader } from '@/lib/testing/reader'
import { until } from '@/lib/testing/until'
import { checkGuest } from '../../check'
import { type KernelFileSystem, kernelFileSystems, makeFileSystem, partitioned } from '../../fixtures/file-systems'
import { lvmPartition } from '../../fixtures/lvm'
import { hasTools, toolsNote } from '../../fixtures/tools'

// Every test boots a machine, which takes seconds under emulation, so one disk has all kinds of file systems.

const folder = mkdtempSync(join(tmpdir(), 'check-machine-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { reader, why } = await testReader()
const tools = [...new Set(Object.values(kernelFileSystems).map(({ tool }) => tool))]
const note = why ? ` (skipped: ${why})` : toolsNote(...tools)
const machineTest = test.skipIf(why !== '' || !hasTools(...tools))

const secret = 'q8R2vT5xZ1bN4mK7'
const key = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC${secret.repeat(4)}\n-----END PRIVATE KEY-----\n`
const planted = { 'etc/shadow': `root:$6$ab$${secret}:1::::::\n`, 'home/ann/.ssh/id_rsa': key, 'srv/notes': 'text\n' }
const harmless = { 'etc/shadow': 'root:*:1::::::\n', 'home/ann/.ssh/id_rsa.pub': 'ssh-rsa AAAA ann\n', 'srv/empty': '' }

let made = 0
function fileSystem(kind: KernelFileSystem, files: Record<string, string>): Buffer {
  const place = mkdtempSync(join(folder, `${made++}-`))
  return readFileSync(makeFileSystem(place, kind, files))
}

function stored(disk: Buffer): string {
  const path = join(folder, `disk-${made++}`)
  writeFileSync(path, disk)
  return path
}

const check = (path: string, options: Partial<Parameters<typeof checkGuest>[1]> = {}) =>
  checkGuest(
    { path, format: 'raw' },
    {
      ...{ deep: false, signal: new AbortController().signal, onProgress: () => {}, findReader: async () => reader },
      ...{ limits: { timeMs: 600_000 } },
      ...options,
    },
  )

/** The running machines that this process started. */
function running(): string[] {
  const args = ['-o', 'pid=,args=', '--ppid', String(process.pid)]
  return execFileSync('ps', args, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('disk-reader'))
}

machineTest(`XFS, Btrfs, special ext4 and volumes of LVM are read, and never written to${note}`, async () => {
  const inGroup = fileSystem('inline', planted)
  const group = lvmPartition('vg0', [{ name: 'root', content: inGroup, extents: [2, 0, 3, 1] }])
  const parts = [fileSystem('xfs', planted), fileSystem('btrfs', planted), fileSystem('bigalloc', planted), group]
  const disk = partitioned(parts)
  const path = stored(disk)
  const report = await check(path)
  expect(report).toMatchObject({ verdict: 'findings', reason: null, files: 12, filesNotRead: 0 })
  expect(report.partitions).toMatchObject(
    ['xfs', 'btrfs', 'ext4', 'lvm'].map((kind) => ({ fileSystem: kind, files: 3, readable: true, reason: null })),
  )
  const found = report.findings.map(({ partition, path, rule }) => `${partition} ${path} ${rule}`).sort()
  expect(found).toEqual(
    ['0 ', '1 ', '2 ', '3 vg0/root/'].flatMap((place) => [
      `${place}etc/shadow password-hash`,
      `${place}home/ann/.ssh/id_rsa ssh-private-key`,
    ]),
  )
  expect(JSON.stringify(report)).not.toContain(secret)
  expect(readFileSync(path).equals(disk)).toBe(true)
  await until(() => expect(running()).toEqual([]))
})

machineTest(`a disk with harmless files is clean, and odd names are read${note}`, async () => {
  const odd = { ...harmless, 'a/new\nline.kdbx': '', 'a/bi\u202edi': 'x', 'a/-rf': 'x', 'a/ end ': 'x', 'a/word': 'x' }
  const group = lvmPartition('vg0', [
    { name: 'root', content: fileSystem('inline', harmless), extents: [0, 1, 2, 3] },
    { name: 'swap', content: Buffer.alloc(4 * 1024 ** 2), extents: [4] },
  ])
  const report = await check(stored(partitioned([fileSystem('xfs', harmless), fileSystem('btrfs', odd), group])))
  expect(report).toMatchObject({ verdict: 'clean', reason: null, filesNotRead: 0, findings: [] })
})

machineTest(
  `damaged file systems get a verdict, and one that breaks the guest does not hide the next${note}`,
  async () => {
    const random = seededRandom(7)
    const damaged = (disk: Buffer, from: number) => {
      for (let count = 0; count < 400; count += 1)
        disk[from + Math.floor(random() * 4 * 1024 ** 2)] = Math.floor(random() * 256)
      return disk
    }
    const parts = [
      damaged(fileSystem('xfs', planted), 512),
      damaged(fileSystem('btrfs', planted), 70_000),
      damaged(fileSystem('inline', planted), 4096),
      fileSystem('bigalloc', planted),
    ]
    const report = await check(stored(partitioned(parts)))
    expect(report.partitions).toHaveLength(4)
    expect(report.partitions[3]).toMatchObject({ readable: true, reason: null, files: 3 })
    for (const { readable, reason } of report.partitions) expect(readable || reason !== null).toBe(true)
    expect(report).toMatchObject({ verdict: 'findings' })
    expect(report.reason).not.toBeNull()
  },
)

machineTest(`the machine ends with its check: at the end of its time, and when it is called off${note}`, async () => {
  const path = stored(fileSystem('btrfs', planted))
  expect(await check(path, { limits: { timeMs: 2_000 } })).toMatchObject({ verdict: 'unchecked', reason: 'TIME' })
  await until(() => expect(running()).toEqual([]))
  const controller = new AbortController()
  const checking = check(path, { signal: controller.signal })
  await until(() => expect(running()).toHaveLength(1))
  controller.abort(new Error('called off'))
  await expect(checking).rejects.toThrow('called off')
  await until(() => expect(running()).toEqual([]))
})

test.skipIf(!hasTools(...tools))(
  `without the machine such a disk counts as unchecked${toolsNote(...tools)}`,
  async () => {
    const path = stored(fileSystem('btrfs', harmless))
    const missing = { verdict: 'unchecked', reason: 'TOOLS_MISSING' }
    expect(await check(path, { findReader: async () => null })).toMatchObject(missing)
    const troubles: string[] = []
    const broken = {
      command: ['false'],
      accelerator: { accel: 'tcg', cpu: 'max' },
      kernel: path,
      initrd: path,
    } as const
    const findReader = async () => ({ ...broken, command: [...broken.command] })
    expect(await check(path, { findReader, onTrouble: (message) => troubles.push(message) })).toMatchObject(missing)
    expect(troubles).toHaveLength(1)
  },
)
