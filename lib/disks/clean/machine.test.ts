import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testReader } from '@/lib/testing/reader'
import { until } from '@/lib/testing/until'
import { checkGuest } from '../check'
import { type CleanJob, cleanDisk } from '../clean'
import { type KernelFileSystem, kernelFileSystems, makeFileSystem, partitioned } from '../fixtures/file-systems'
import { createSecrets } from '../fixtures/plants'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { openFileBlocks } from '../guest/blocks'
import { openQcow2 } from '../guest/qcow2-blocks'

// Each disk has all kinds of file systems, each with its own machine, which takes seconds under emulation.

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'clean-machine-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { reader, why } = await testReader()
const tools = [...new Set(Object.values(kernelFileSystems).map(({ tool }) => tool)), 'qemu-img', 'e2fsck', 'debugfs']
const note = why ? ` (skipped: ${why})` : toolsNote(...tools)
const machineTest = test.skipIf(why !== '' || !hasTools(...tools))

const kinds = ['xfs', 'btrfs', 'inline'] as const
const { make } = createSecrets('clean-machine')
const [hash, token, log, temporary] = [make(43), make(36), make(30), make(30)] as const
const secrets = [hash, token, log, temporary]
const files = {
  'etc/shadow': `root:$6$ab$${hash}:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n`,
  'etc/machine-id': 'ab'.repeat(16),
  'home/ann/notes.txt': `token ghp_${token}\n`,
  'srv/index.html': '<p>Hello</p>\n',
  'tmp/build/out.txt': `${temporary}\n`,
  'var/log/auth.log': `${log}\n`.repeat(4000),
}
let made = 0
function fileSystem(kind: KernelFileSystem): Buffer {
  return readFileSync(makeFileSystem(mkdtempSync(join(folder, `${made++}-`)), kind, files))
}

const source = join(folder, 'disk')
const target = join(folder, 'clean.qcow2')
const options = { signal: new AbortController().signal, onProgress: () => {}, limits: { timeMs: 600_000 } }
const check = (path: string, format: 'raw' | 'qcow2') =>
  checkGuest({ path, format }, { ...options, deep: true, findReader: async () => reader })
const job: Omit<CleanJob, 'findings'> = {
  ...{ source: { path: source, format: 'raw' }, target, isReset: true, sizeMax: 512 * mib },
  ...{ signal: options.signal, findReader: async () => reader },
}

function bytesOf(path: string): Buffer {
  const file = openFileBlocks(path)
  const disk = openQcow2(file)
  const bytes = Buffer.alloc(disk.size)
  for (let at = 0; at < disk.size; at += mib) disk.readInto(bytes.subarray(at, at + mib), at)
  file.close()
  return bytes
}

machineTest(`XFS, Btrfs and special ext4 are cleaned, and hold no byte of a secret${note}`, async () => {
  const disk = partitioned(kinds.map(fileSystem))
  writeFileSync(source, disk)
  const report = await check(source, 'raw')
  const rules = ['github-token', 'logs-mail', 'machine-id', 'password-hash']
  const expected = kinds.flatMap((_, partition) => rules.map((rule) => `${partition} ${rule}`))
  const chosen = report.findings.filter(({ cleanable }) => cleanable)
  expect(chosen.map(({ partition, rule }) => `${partition} ${rule}`).sort()).toEqual(expected)
  expect(secrets.filter((secret) => !disk.includes(secret))).toEqual([])

  expect(await cleanDisk({ ...job, findings: chosen })).toEqual({ ok: true })
  const bytes = bytesOf(target)
  expect(bytes.length).toBe(disk.length)
  expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
  expect(readFileSync(source).equals(disk), 'the original is as it was').toBe(true)
  const after = await check(target, 'qcow2')
  expect(after).toMatchObject({ verdict: 'clean', reason: null, findings: [] })
  // The file in /tmp and the one with the token are deleted; shadow, the machine id and the log remain.
  expect(after.partitions.map(({ files: left }) => left)).toEqual(kinds.map(() => Object.keys(files).length - 2))

  writeFileSync(join(folder, 'raw'), bytes)
  const [xfs, btrfs] = [mib, mib + 32 * mib]
  for (const [name, start, size] of [
    ['xfs', xfs, 32 * mib],
    ['btrfs', btrfs, 64 * mib],
  ] as const)
    writeFileSync(join(folder, name), bytes.subarray(start, start + size))
  runTool(folder, 'xfs_repair', '-n', 'xfs')
  runTool(folder, 'btrfs', 'check', '--readonly', 'btrfs')
  const ext = `raw?offset=${97 * mib}`
  runTool(folder, 'e2fsck', '-fn', ext)
  expect(runTool(folder, 'debugfs', '-R', 'cat /etc/shadow', ext).replace(/\0+$/, '')).toBe(
    'root:!:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n',
  )
})

machineTest(
  `a temporary file with another name elsewhere is not emptied, and one that cannot be removed is named${note}`,
  async () => {
    const place = mkdtempSync(join(folder, `${made++}-`))
    const root = join(place, 'root')
    for (const name of ['etc', 'tmp']) mkdirSync(join(root, name), { recursive: true })
    writeFileSync(join(root, 'etc/fstab'), 'kept\n')
    linkSync(join(root, 'etc/fstab'), join(root, 'tmp/linked'))
    const disk = makeFileSystem(place, 'inline', files)
    writeFileSync(source, readFileSync(disk))
    expect(await cleanDisk({ ...job, findings: [] })).toEqual({ ok: true })
    writeFileSync(join(folder, 'raw'), bytesOf(target))
    expect(runTool(folder, 'debugfs', '-R', 'cat /etc/fstab', 'raw').replace(/\0+$/, '')).toBe('kept\n')
    expect(runTool(folder, 'debugfs', '-R', 'ls -p /tmp', 'raw')).not.toContain('linked')

    const { findings } = await check(source, 'raw')
    const finding = findings.filter(({ rule }) => rule === 'github-token')
    // Like `chattr +i`, and the extents flag that the file system itself needs.
    runTool(folder, 'debugfs', '-w', '-R', 'set_inode_field /home/ann/notes.txt flags 0x10000010', source)
    const refusal = { code: 'FILE_STAYS', path: 'home/ann/notes.txt' }
    expect(await cleanDisk({ ...job, findings: finding })).toEqual({ ok: false, refusal })
  },
)

/** The running machines that this process started. */
function running(): string[] {
  const args = ['-o', 'args=', '--ppid', String(process.pid)]
  return execFileSync('ps', args, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('disk-reader'))
}

machineTest(`the machine ends with its copy, and what it has written is gone${note}`, async () => {
  writeFileSync(source, fileSystem('xfs'))
  const controller = new AbortController()
  const ended = expect(cleanDisk({ ...job, findings: [], signal: controller.signal })).rejects.toThrow('called off')
  await until(() => expect(running()).toHaveLength(1))
  controller.abort(new Error('called off'))
  await ended
  expect([target, `${target}.work`].filter((left) => existsSync(left))).toEqual([])
  await until(() => expect(running()).toEqual([]))
})

machineTest(`what cannot be cleaned is refused, and nothing is left${note}`, async () => {
  writeFileSync(source, fileSystem('xfs'))
  const { findings } = await check(source, 'raw')
  const [finding] = findings
  if (!finding) throw new Error('It was found on the disk.')
  const missing = { ok: false, refusal: { code: 'TOOLS_MISSING' } }
  expect(await cleanDisk({ ...job, findings, findReader: async () => null })).toEqual(missing)
  const gone = { ...finding, path: 'etc/gone' }
  const refusal = { code: 'FILE_NOT_FOUND', path: 'etc/gone' }
  expect(await cleanDisk({ ...job, findings: [gone] })).toEqual({ ok: false, refusal })
  const broken = {
    command: ['false'],
    accelerator: { accel: 'tcg', cpu: 'max' },
    kernel: source,
    initrd: source,
  } as const
  const findReader = async () => ({ ...broken, command: [...broken.command] })
  expect(await cleanDisk({ ...job, findings, findReader })).toEqual(missing)
  const controller = new AbortController()
  const cleaning = cleanDisk({
    ...{ ...job, findings, signal: controller.signal },
    findReader: async () => {
      controller.abort(new Error('called off'))
      return reader
    },
  })
  await expect(cleaning).rejects.toThrow('called off')
})
