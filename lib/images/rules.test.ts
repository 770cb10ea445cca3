import { describe, expect, it, test } from 'vitest'
import { importImageInput } from '@/lib/imports/schema'
import {
  asKnown,
  type DeleteFacts,
  failedKeptMs,
  failureCodes,
  foldName,
  type ImageStateName,
  imageNameMax,
  imageStates,
  isFailureCode,
  isInMotion,
  isPlainName,
  leastDiskGib,
  needsOf,
  operatingSystemMax,
  percentDone,
  purgedAt,
  refuseDelete,
  refuseFromBin,
  refuseMinDisk,
  refuseProtect,
  refuseUpdate,
  removalPatienceMs,
  suggestedOperatingSystem,
} from './rules'

test("an operating system takes the spelling of the account's other images, if one matches", () => {
  const known = ['Debian 12', 'debian 12', 'CentOS 7.1', 'Strasse']
  const typed = [
    ' DEBIAN-12 ',
    'debian_12',
    'debian12',
    'debian 12',
    'centos 7.1',
    'CentOS 71',
    'Debian 1 2 3',
    'Straße',
    '',
  ]
  expect(typed.map((system) => asKnown(system, known))).toEqual([
    'Debian 12',
    'Debian 12',
    'Debian 12',
    'debian 12',
    'CentOS 7.1',
    'CentOS 71',
    'Debian 1 2 3',
    // Lower case keeps them apart; upper case would not.
    'Straße',
    '',
  ])
})

describe('the name of an image', () => {
  test.each(['web-01', 'a', '路由器 (edge)', 'Ubuntu 24.04_x+y', 'नमस्ते', 'Việt', 'ß', 'ที่'])('may be %s', (name) => {
    expect(isPlainName(foldName(name))).toBe(true)
  })

  test.each([
    ['a control character', 'a\nb'],
    ['a NUL', 'a\0'],
    ['a right-to-left mark', 'a\u202Eb'],
    ['a space of no width', 'a\u200Bb'],
    ['an emoji', 'a😀'],
    ['a digit that looks like an emoji', '1\uFE0F\u20E3'],
    ['a variation selector', 'a\uFE0F'],
    ['an ideographic variation', '葛\u{E0100}'],
    ['a space that looks like another', 'a\u00A0b'],
    ['a mark on nothing', '\u0301a'],
    ['a mark on a digit', '1\u0301'],
    ['markup', '<script>'],
    ['a quote', "a'b"],
    ['half a character', 'a\uD83D'],
    ['nothing', ''],
  ])('may not hold %s', (_, name) => expect(isPlainName(foldName(name))).toBe(false))

  it('is composed and has no surrounding space', () => expect(foldName(' Cafe\u0301 ')).toBe('Café'))

  test.each([
    ['name', imageNameMax],
    ['operatingSystem', operatingSystemMax],
  ])('%s has at most %i characters', (field, max) => {
    const input = { region: 'cn-shanghai', name: 'a', operatingSystem: 'a' }
    expect(importImageInput.safeParse({ ...input, [field]: 'x'.repeat(max) }).success).toBe(true)
    const { error } = importImageInput.safeParse({ ...input, [field]: 'x'.repeat(max + 1) })
    expect(error?.issues).toMatchObject([{ path: [field], message: 'too-long' }])
  })
})

const image = { state: 'available' as const, name: 'web-01', isProtected: false }
const deleting: DeleteFacts = {
  image,
  recipients: 0,
  cancelShares: false,
  typedName: null,
  isBeingCopied: false,
}

const deletable = {
  available: true,
  failed: true,
  importing: false,
  copying: false,
  deleting: false,
  deleted: false,
} satisfies Record<ImageStateName, boolean>

test('a protected image is not deleted, with or without shares and the typed name', () => {
  const guarded = { ...deleting, image: { ...image, isProtected: true } }
  expect(refuseDelete(guarded)).toEqual({ code: 'IMAGE_PROTECTED' })
  expect(refuseDelete({ ...guarded, recipients: 1, cancelShares: true, typedName: 'web-01' })).toEqual({
    code: 'IMAGE_PROTECTED',
  })
  expect(refuseProtect({ state: 'available' })).toBeNull()
  expect(refuseProtect({ state: 'importing' })).toEqual({ code: 'IMAGE_BUSY', state: 'importing' })
})

describe('rule 9: deleting', () => {
  test.each(imageStates)('an image that is %s can be deleted, or not', (state) => {
    const answer = refuseDelete({ ...deleting, image: { ...image, state } })
    expect(answer).toEqual(deletable[state] ? null : { code: 'IMAGE_BUSY', state })
  })

  it('is refused while the image is shared, unless its shares are cancelled in the same step', () => {
    expect(refuseDelete({ ...deleting, recipients: 1 })).toEqual({ code: 'IMAGE_IS_SHARED', recipients: 1 })
    expect(refuseDelete({ ...deleting, recipients: 1, cancelShares: true, typedName: 'web-01' })).toBeNull()
  })

  test.each([null, '', 'web-02', 'WEB-01'])('of a shared image is refused if %j is typed as its name', (typedName) => {
    const answer = refuseDelete({ ...deleting, recipients: 2, cancelShares: true, typedName })
    expect(answer).toEqual({ code: 'IMAGE_NAME_MISMATCH' })
  })

  it('compares the typed name composed and without surrounding space', () => {
    const cafe = { ...image, name: 'Café' }
    const facts = { ...deleting, image: cafe, recipients: 1, cancelShares: true, typedName: ' Cafe\u0301 ' }
    expect(refuseDelete(facts)).toBeNull()
  })

  it('needs no name for an image without recipients', () => {
    expect(refuseDelete({ ...deleting, cancelShares: true })).toBeNull()
  })

  it('is refused in one order: state, copied, shared, name', () => {
    const wrong = { ...deleting, image: { ...image, state: 'deleting' as const }, isBeingCopied: true, recipients: 3 }
    expect(refuseDelete(wrong)).toEqual({ code: 'IMAGE_BUSY', state: 'deleting' })
    expect(refuseDelete({ ...wrong, image })).toEqual({ code: 'IMAGE_BUSY', state: 'read' })
    expect(refuseDelete({ ...wrong, image, isBeingCopied: false })?.code).toBe('IMAGE_IS_SHARED')
    expect(refuseDelete({ ...wrong, image, isBeingCopied: false, cancelShares: true })?.code).toBe(
      'IMAGE_NAME_MISMATCH',
    )
  })
})

const changeable = {
  available: true,
  failed: true,
  importing: true,
  copying: true,
  deleting: false,
  deleted: false,
} satisfies Record<ImageStateName, boolean>

test.each(imageStates)('name and description of an image that is %s can change, or not', (state) => {
  expect(refuseUpdate({ state })).toEqual(changeable[state] ? null : { code: 'IMAGE_BUSY', state })
})

test.each(imageStates)('an image that is %s can be restored from the recycle bin, or not', (state) => {
  expect(refuseFromBin({ state })).toEqual(state === 'deleted' ? null : { code: 'IMAGE_BUSY', state })
})

test('an image is removed after its days, a failed one after 7, and a delete is resumed after a minute', () => {
  const at = new Date('2026-03-10T04:00:00.000Z')
  expect(purgedAt(at, 7)).toEqual(new Date('2026-03-17T04:00:00.000Z'))
  expect(purgedAt(at, 0)).toEqual(at)
  expect([failedKeptMs, removalPatienceMs]).toEqual([604_800_000, 60_000])
})

test.each([
  [0, 0, null],
  [5, 0, null],
  [0, 3, 0],
  [1, 3, 33],
  [2, 3, 66],
  [3, 3, 100],
  // More arrived than was announced.
  [4, 3, 100],
])('with %i of %i bytes there, %j percent are', (doneBytes, totalBytes, percent) => {
  expect(percentDone({ doneBytes, totalBytes })).toBe(percent)
})

const gib = 1024 ** 3

test.each([
  [0, null],
  [1, 1],
  [gib, 1],
  [gib + 1, 2],
  [20 * gib, 20],
])('a disk of %d bytes needs a disk of %j GiB', (virtualSize, least) => expect(leastDiskGib(virtualSize)).toBe(least))

test("a minimum below the disk's size is refused with the least possible one, and any minimum of an unknown disk is accepted", () => {
  expect(refuseMinDisk({ minDiskGib: 19, virtualSize: 20 * gib })).toEqual({ code: 'MIN_DISK_BELOW_SIZE', least: 20 })
  expect(refuseMinDisk({ minDiskGib: 20, virtualSize: 20 * gib })).toBeNull()
  expect(refuseMinDisk({ minDiskGib: 1, virtualSize: 0 })).toBeNull()
})

test('machine requirements are read from the disk, unless the owner has set others', () => {
  const disk = { bootMode: 'UEFI' as const, virtualSize: 3 * gib }
  expect(needsOf({ bootMode: null, minDiskGib: null }, disk)).toEqual({ bootMode: 'UEFI', minDiskGib: 3 })
  expect(needsOf({ bootMode: 'BIOS', minDiskGib: 9 }, disk)).toEqual({ bootMode: 'BIOS', minDiskGib: 9 })
  expect(needsOf({ bootMode: null, minDiskGib: 1 }, disk)).toEqual({ bootMode: 'UEFI', minDiskGib: 3 })
  const nothing = { bootMode: null, minDiskGib: null }
  expect(needsOf(nothing, { bootMode: null, virtualSize: 0 })).toEqual(nothing)
})

test.each([
  ['Debian GNU/Linux 12 (bookworm)', 'Debian 12 (bookworm)'],
  ['Ubuntu 24.04.1 LTS', 'Ubuntu 24.04.1 LTS'],
  ['"Quoted" / <b>', 'Quoted b'],
  ['x'.repeat(200), 'x'.repeat(operatingSystemMax)],
  ['A-GNU/Linux-B&C', 'A- -B C'],
  ['🎉 / ()', null],
  [null, null],
])('the guest %j suggests the operating system %j, which can be stored', (guest, name) => {
  expect(suggestedOperatingSystem(guest)).toBe(name)
  if (name) expect(isPlainName(name)).toBe(true)
})

const moving = {
  importing: true,
  copying: true,
  deleting: true,
  available: false,
  failed: false,
  deleted: false,
} satisfies Record<ImageStateName, boolean>

test.each(Object.entries(moving))('an image that is %s changes by itself: %s', (state, moves) => {
  const known = Object.keys(moving).find((name): name is ImageStateName => name === state)
  expect(known && isInMotion(known)).toBe(moves)
})

test('an image fails only with a code that has a sentence', () => {
  expect(failureCodes.filter((code) => !isFailureCode(code))).toEqual([])
  expect(['', 'BUSY', 'IMAGE_NOT_FOUND', 'disk_refused'].filter(isFailureCode)).toEqual([])
})
