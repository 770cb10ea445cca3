import { expect, test } from 'vitest'
import { littleEndian, patched } from '../fixtures/patch'
import { writeMbr, writeParts } from '../fixtures/tables'
import { bufferBlocks } from './blocks'
import { findBootMode } from './boot-mode'
import { readPartitionTable } from './partition-table'

const mib = 1024 ** 2
const linux = { type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', start: 2048, sectors: 2048 }
const efi = { type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', start: 4096, sectors: 2048 }
const biosBoot = { type: '21686148-6449-6E6F-744E-656564454649', start: 6144, sectors: 2048 }

const modeOf = (bytes: Buffer) => {
  const disk = bufferBlocks(bytes)
  return findBootMode(disk, readPartitionTable(disk))
}
const gpt = (...parts: (typeof linux)[]) => writeParts(Buffer.alloc(8 * mib), parts)
const mbr = (entry: { type: string; start: number; sectors: number }) => {
  const disk = Buffer.alloc(8 * mib)
  writeMbr(disk, 0, entry)
  return disk
}

test('an EFI system partition means UEFI, even if a BIOS could boot too', () => {
  expect(modeOf(gpt(linux, efi))).toBe('UEFI')
  expect(modeOf(gpt(linux, efi, biosBoot))).toBe('UEFI')
  expect(modeOf(mbr({ type: '0xef', start: 2048, sectors: 2048 }))).toBe('UEFI')
})

test('a BIOS boot partition or an active one means BIOS', () => {
  expect(modeOf(gpt(linux, biosBoot))).toBe('BIOS')
  expect(modeOf(patched(mbr({ type: '0x83', start: 2048, sectors: 2048 }), { at: 446, put: '\x80' }))).toBe('BIOS')
  // Tools set the flag in the protective MBR of a GPT because some BIOSes require it.
  expect(modeOf(patched(gpt(linux), { at: 446, put: '\x80' }))).toBe('BIOS')
})

test('a disk without boot partitions, or with only code in its first sector, has no boot mode', () => {
  expect(modeOf(gpt(linux))).toBeNull()
  const data = mbr({ type: '0x83', start: 2048, sectors: 2048 })
  expect(modeOf(patched(data, { at: 0, put: '\xfa\xb8\x00\x10' }))).toBeNull()
  expect(modeOf(Buffer.alloc(mib))).toBeNull()
})

/** A disc with a boot catalogue of one entry for each platform. */
function disc(...platforms: number[]): Buffer {
  const catalogue = Buffer.alloc(2048)
  catalogue.set([1, platforms[0] ?? 0], 0)
  catalogue.writeUInt16LE(0xaa55, 30)
  for (const [index, platform] of platforms.slice(1).entries()) catalogue.set([0x91, platform], 64 + index * 64)
  const volume = { at: 16 * 2048, put: '\x01CD001\x01' }
  const root = { at: 16 * 2048 + 80, put: Buffer.concat([littleEndian(512, 4), Buffer.from([0, 0, 2, 0])]) }
  const block = { at: 16 * 2048 + 128, put: Buffer.from([0, 8, 8, 0]) }
  const folder = { at: 16 * 2048 + 156, put: Buffer.from([34]) }
  const end = { at: 18 * 2048, put: '\xffCD001\x01' }
  return patched(
    Buffer.alloc(mib),
    volume,
    root,
    block,
    folder,
    { at: 17 * 2048, put: '\x00CD001\x01EL TORITO SPECIFICATION' },
    { at: 17 * 2048 + 71, put: littleEndian(20, 4) },
    { at: 20 * 2048, put: catalogue },
    end,
  )
}

test.each([
  ['for PCs', [0], 'BIOS'],
  ['for EFI', [0xef], 'UEFI'],
  ['for both', [0, 0xef], 'UEFI'],
  ['for Macs', [2], null],
])('boot images %s decide the boot mode', (_, platforms, mode) => expect(modeOf(disc(...platforms))).toBe(mode))

test('a disc without a boot catalogue has no boot mode', () => {
  expect(modeOf(patched(disc(0), { at: 20 * 2048, put: '\0' }))).toBeNull()
  expect(modeOf(patched(disc(0), { at: 17 * 2048 + 7, put: 'NO' }))).toBeNull()
})
