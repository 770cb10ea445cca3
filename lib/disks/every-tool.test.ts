import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeBench, toolCases } from './fixtures/tool-cases'
import { feedTool, hasTools, toolsNote } from './fixtures/tools'
import { openFileBlocks, partOf } from './guest/blocks'
import { findFileSystem } from './guest/file-systems/probe'
import { readPartitionTable } from './guest/partition-table'
import { inspectDisk } from './inspect'
import { openFileReader } from './reader'

// Every disk that Debian's tools make is accepted, and its page names its content. `npm test` installs the tools where it can.
const home = mkdtempSync(join(tmpdir(), 'every-tool-'))
afterAll(() => rmSync(home, { recursive: true }))

async function inspectFile(file: string) {
  const reader = await openFileReader(file)
  return await inspectDisk(reader).finally(() => reader.close())
}

/** The partition table and the file system of each partition, as on the disk's page. */
function shown(file: string): (string | undefined)[] {
  const disk = openFileBlocks(file)
  try {
    const { table, slots } = readPartitionTable(disk)
    return [table, ...slots.map(({ start, size }) => findFileSystem(partOf(disk, start, size))?.kind)]
  } finally {
    disk.close()
  }
}

for (const { name, tools, make, format, shows } of toolCases) {
  test.skipIf(!hasTools(...tools))(`${name}${toolsNote(...tools)}`, async () => {
    const folder = mkdtempSync(join(home, 'disk-'))
    make(makeBench(folder))
    const file = join(folder, 'disk')
    expect(await inspectFile(file)).toMatchObject({ ok: true, disk: { format } })
    expect(shown(file)).toEqual(shows)
    rmSync(folder, { recursive: true })
  })
}

// LVM accepts only block devices, and not every user may attach a loop device.
const pvcreate =
  'device=$(losetup -f --show disk) || exit; pvcreate -q "$device"; code=$?; losetup -d "$device"; exit $code'

function hasMadeVolume(folder: string): boolean {
  try {
    feedTool(folder, '', 'sh', '-c', pvcreate)
    return true
  } catch {
    return false
  }
}

const lvmFolder = mkdtempSync(join(home, 'lvm-'))
makeBench(lvmFolder).blank(16)
const hasPhysicalVolume = hasTools('pvcreate', 'losetup') && hasMadeVolume(lvmFolder)
const lvmNote = hasPhysicalVolume ? '' : ' (skipped: no pvcreate, or no loop device can be made here)'

test.skipIf(!hasPhysicalVolume)(`pvcreate${lvmNote}`, async () => {
  const file = join(lvmFolder, 'disk')
  expect(await inspectFile(file)).toMatchObject({ ok: true, disk: { format: 'raw' } })
  expect(shown(file)).toEqual(['none', 'lvm'])
})

test.skipIf(!hasTools('cryptsetup'))(
  `a disk encrypted by cryptsetup is refused as encrypted${toolsNote('cryptsetup')}`,
  async () => {
    const folder = mkdtempSync(join(home, 'luks-'))
    const { blank, feed } = makeBench(folder)
    blank(20)
    const cheap = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000']
    feed('a passphrase', 'cryptsetup', '-q', ...cheap, 'luksFormat', 'disk', '-')
    const facts = { found: 'luks' }
    expect(await inspectFile(join(folder, 'disk'))).toMatchObject({ ok: false, reason: 'unsupported-format', facts })
  },
)
