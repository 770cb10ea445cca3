import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkGuest } from './check'
import type { CheckReport, Finding } from './check/report'
import { cleanDisk } from './clean'
import { littleEndian, patched } from './fixtures/patch'
import { createSecrets } from './fixtures/plants'
import { writeParts } from './fixtures/tables'
import { hasTools, runTool, toolsNote } from './fixtures/tools'
import { openFileBlocks } from './guest/blocks'
import { openQcow2 } from './guest/qcow2-blocks'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'clean-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => vi.stubEnv('DATABASE_URL', 'none'))
afterEach(() => {
  vi.unstubAllEnvs()
  for (const name of ['root', 'clean.qcow2']) rmSync(join(folder, name), { recursive: true, force: true })
})

const tools = ['mke2fs', 'debugfs', 'e2fsck', 'qemu-img'] as const
const canClean = hasTools(...tools)
const note = toolsNote(...tools)

const { make } = createSecrets('clean')
const hash = make(43)
const token = make(36)
const deleted = make(36)
const log = make(30)
const temporary = make(30)
const secrets = [hash, token, deleted, log, temporary]
/** Data behind the last partition, which a clean copy keeps. */
const unused = { at: 70 * mib, token: make(36) }

const source = join(folder, 'disk')
const target = join(folder, 'clean.qcow2')
const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'
const swap = '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F'
const extAt = 2048
const swapAt = 2048 + 64 * 2048

const files: Record<string, string> = {
  'etc/shadow': `root:$6$ab$${hash}:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n`,
  'etc/machine-id': 'ab'.repeat(16),
  'home/ann/my notes.txt': `token ghp_${token}\n`,
  'home/ann/gone.txt': `token ghp_${deleted}\n`,
  'var/log/auth.log': `${log}\n`.repeat(4000),
  'srv/app/index.html': '<p>Hello</p>\n',
  'usr/bin/key.kdbx': 'x',
  'var/lib/dpkg/info/app.md5sums': `${createHash('md5').update('other').digest('hex')}  etc/owned.kdbx\n`,
  'etc/owned.kdbx': 'changed',
  'tmp/build/deep/out.txt': `${temporary}\n`,
  'var/tmp/my "file"': 'a name that no command can say',
  'var/tmp/gone': `${temporary}\n`,
}

/** A disk with an ext file system of these files, one of them deleted, and used swap space. */
function makeDisk(kind = 'ext4'): void {
  const root = join(folder, 'root')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  chmodSync(join(root, 'etc/shadow'), 0o640)
  const sectors = 64 * 2048
  const empty = Buffer.alloc(72 * mib)
  const parts = [
    { type: linux, start: extAt, sectors },
    { type: swap, start: swapAt, sectors: 4096 },
  ]
  const start = swapAt * 512
  const marks = [
    { at: start + 1024, put: littleEndian(1, 4) },
    { at: start + 1028, put: littleEndian(511, 4) },
    { at: start + 4086, put: 'SWAPSPACE2' },
    { at: start + mib, put: token },
    { at: unused.at, put: `ghp_${unused.token}` },
  ]
  writeFileSync(source, patched(writeParts(empty, parts), ...marks))
  const size = `${sectors / 2}k`
  runTool(folder, 'mke2fs', '-q', '-F', '-t', kind, '-d', root, '-E', `offset=${extAt * 512}`, source, size)
  runTool(folder, 'debugfs', '-w', '-R', 'rm "/home/ann/gone.txt"', `${source}?offset=${extAt * 512}`)
}

const check = (path: string, format: 'raw' | 'qcow2', deep = true) =>
  checkGuest({ path, format }, { deep, signal: new AbortController().signal, onProgress: () => {} })

const clean = (findings: readonly Finding[], signal = new AbortController().signal, onProgress = (_: number) => {}) =>
  cleanDisk({
    ...{ source: { path: source, format: 'raw' }, target, findings, isReset: true },
    ...{ sizeMax: 200 * mib, signal, onProgress },
  })

const chosen = ({ findings }: CheckReport) => findings.filter(({ cleanable }) => cleanable)

/** All bytes of the cleaned disk as a guest sees them. */
function cleanedBytes(): Buffer {
  const file = openFileBlocks(target)
  const disk = openQcow2(file)
  const bytes = Buffer.alloc(disk.size)
  for (let at = 0; at < disk.size; at += mib) disk.readInto(bytes.subarray(at, at + mib), at)
  file.close()
  return bytes
}

test.skipIf(!canClean).each(['ext2', 'ext3', 'ext4'])(
  `a cleaned %s holds no byte of a secret, and all other data${note}`,
  async (kind) => {
    makeDisk(kind)
    const before = readFileSync(source)
    expect(secrets.filter((secret) => !before.includes(secret))).toEqual([])
    const report = await check(source, 'raw')
    const rules = new Set(report.findings.map(({ rule }) => rule))
    for (const rule of ['password-hash', 'machine-id', 'github-token', 'logs-mail', 'deleted-secret', 'swap-content'])
      expect(rules).toContain(rule)

    expect(await clean(chosen(report))).toEqual({ ok: true })
    const bytes = cleanedBytes()
    expect(bytes.length).toBe(before.length)
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
    expect(readFileSync(source).equals(before), 'the original is as it was').toBe(true)
    const after = await check(target, 'qcow2')
    expect(after.findings.map(({ rule, path, offset }) => [rule, path, offset])).toEqual([
      ['password-database', 'etc/owned.kdbx', null],
      ['unused-secret', '', unused.at],
    ])
    expect(bytes.includes(unused.token)).toBe(true)

    writeFileSync(join(folder, 'raw'), bytes)
    // The backup super blocks, which lie in groups without files, are not free space.
    for (const group of [1, 3, 5, 7])
      expect(bytes.readUInt16LE(extAt * 512 + (1 + group * 8192) * 1024 + 56), `group ${group}`).toBe(0xef53)
    const device = `${join(folder, 'raw')}?offset=${extAt * 512}`
    runTool(folder, 'e2fsck', '-fn', device)
    for (const name of ['srv/app/index.html', 'etc/shadow', 'etc/machine-id', 'var/log/auth.log'])
      runTool(folder, 'debugfs', '-R', `dump -p /${name} ${join(folder, name.replaceAll('/', '-'))}`, device)
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    expect(read('srv-app-index.html')).toBe(files['srv/app/index.html'])
    expect(read('etc-shadow')).toBe('root:!:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n')
    expect([read('etc-machine-id'), read('var-log-auth.log')]).toEqual(['', ''])
    const namesIn = (path: string) => {
      const listed = runTool(folder, 'debugfs', '-R', `ls -p ${path}`, device).split('\n')
      return listed.map((line) => line.split('/')[5]).filter((name) => name && !/^\.+$/.test(name))
    }
    expect([namesIn('/tmp'), namesIn('/var/tmp')]).toEqual([[], ['my "file"']])
    expect(readdirSync(folder).filter((name) => name.includes('.work'))).toEqual([])
  },
)

test.skipIf(!canClean)(`a package's file, a missing file and one outside ext are refused${note}`, async () => {
  makeDisk()
  const { findings } = await check(source, 'raw', false)
  const finding = (rule: string) => findings.find((one) => one.rule === rule && one.ownedBy === null)
  const owned = findings.find(({ path }) => path === 'etc/owned.kdbx')
  const machineId = finding('machine-id')
  if (!owned || !machineId) throw new Error('The disk has no such finding.')
  const refused = async (one: Finding) => {
    const answer = await clean([one])
    expect(existsSync(target)).toBe(false)
    return answer.ok ? null : answer.refusal
  }
  expect(await refused(owned)).toEqual({ code: 'FILE_OF_PACKAGE', path: 'etc/owned.kdbx', package: 'app' })
  expect(await refused({ ...machineId, path: 'etc/none' })).toEqual({ code: 'FILE_NOT_FOUND', path: 'etc/none' })
  expect(await refused({ ...machineId, cleanable: false })).toMatchObject({ code: 'NOT_CLEANABLE' })
  expect(await refused({ ...machineId, path: 'a"\\u{a}rm b' })).toMatchObject({ code: 'NOT_CLEANABLE' })
  expect(await refused({ ...machineId, partition: 1 })).toEqual({ code: 'UNSUPPORTED_FILE_SYSTEM', partition: 1 })
})

test.skipIf(!canClean)(`nothing is cleaned if a sandbox is required and none can be made${note}`, async () => {
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  writeFileSync(join(programs, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  vi.stubEnv('PATH', `${programs}:${process.env.PATH}`)
  const find = async (required: string) => {
    vi.stubEnv('ECS_REQUIRE_SANDBOX', required)
    vi.resetModules()
    return await (await import('./clean/tools')).findCleanTools()
  }
  expect(await find('1')).toBeNull()
  expect(await find('0')).toMatchObject({ sandbox: 'limits' })
})

test.skipIf(!canClean)(
  `an aborted cleaning leaves no files, and leftovers of a killed one are removed${note}`,
  async () => {
    makeDisk()
    const controller = new AbortController()
    const ended = clean([], controller.signal, () => controller.abort(new Error('ended')))
    await expect(ended).rejects.toThrow('ended')
    mkdirSync(`${target}.work`)
    writeFileSync(join(`${target}.work`, 'disk'), 'half')
    expect(readdirSync(folder).filter((name) => name === 'clean.qcow2')).toEqual([])
    expect(await clean([])).toEqual({ ok: true })
    expect(readdirSync(folder).filter((name) => name.includes('.work'))).toEqual([])
  },
)
