import { describe, expect, it, test } from 'vitest'
import type { Finding } from '@/lib/disks/check/report'
import { refuseFinding } from '@/lib/disks/clean/plan'
import { type ImageStateName, imageStates } from '@/lib/images/rules'
import { finding } from '@/lib/testing/builders-checks'
import {
  type CleanFacts,
  chooseFindings,
  isCleanable,
  refuseCleaning,
  refuseRetryCleanCopy,
  resetRules,
  roomToClean,
} from './rules'

const part = (fileSystem: string | null, index = 0, readable = true) => ({ index, fileSystem, readable })
const partitions = [
  part('ext4'),
  part('fat32', 1),
  part('ntfs', 2),
  part('swap', 3),
  part('xfs', 4),
  part('btrfs', 5),
  part('lvm', 6),
]
const refused = (reason: string, facts = {}) => ({
  code: 'CLEAN_REFUSED',
  ...{ reason, path: '', package: '', partition: 0 },
  ...facts,
})

describe('a finding can be cleaned', () => {
  const why = (fields: Partial<Finding>) => refuseCleaning(finding('a', fields), { partitions, refuseFinding })
  it('if its file is on ext, XFS or Btrfs, or in LVM', () => {
    for (const partition of [0, 4, 5, 6]) expect(why({ partition })).toBeNull()
    expect(why({ remedy: 'review' })).toBeNull()
  })
  it('outside files', () => {
    expect(why({ rule: 'deleted-secret', path: '', partition: 1, remedy: 'review', cleanable: false })).toBeNull()
    // In a group with another volume that could not be read.
    expect(why({ rule: 'deleted-secret', path: 'vg0/root', partition: 9, remedy: 'review' })).toBeNull()
    expect(why({ rule: 'swap-content', path: '', partition: 3 })).toBeNull()
    expect(why({ rule: 'swap-content', path: 'vg0/swap', partition: 6 })).toBeNull()
  })
  it('but not in a file on another file system or an unreadable partition', () => {
    const path = 'root/.ssh/a'
    expect(why({ partition: 1 })).toEqual(refused('UNSUPPORTED_FILE_SYSTEM', { path, partition: 2 }))
    expect(why({ partition: 9 })).toEqual(refused('UNSUPPORTED_FILE_SYSTEM', { path, partition: 10 }))
    const unread = { partitions: [part('ext4', 0, false)], refuseFinding }
    expect(refuseCleaning(finding('a'), unread)).toEqual(refused('UNSUPPORTED_FILE_SYSTEM', { path, partition: 1 }))
  })
  it('but not if its file belongs to a package, or a person has to decide', () => {
    const facts = { path: 'root/.ssh/a', package: 'ssl-cert' }
    expect(why({ ownedBy: 'ssl-cert' })).toEqual(refused('FILE_OF_PACKAGE', facts))
    expect(why({ cleanable: false })).toEqual(refused('NOT_CLEANABLE', { path: 'root/.ssh/a' }))
  })
})

test.each([
  ['ext2', true],
  ['ext3', true],
  ['ext4', true],
  ['fat12', true],
  ['fat32', true],
  ['swap', true],
  ['ntfs', false],
  ['xfs', true],
  ['btrfs', true],
  ['lvm', true],
  [null, false],
])('a disk of %s alone can be cleaned: %s', (fileSystem, can) => {
  expect(isCleanable([part(fileSystem)])).toBe(can)
  expect(isCleanable([part(fileSystem, 0, false)])).toBe(false)
})

describe('the choice', () => {
  const rows = [
    finding('key'),
    finding('owned', { ownedBy: 'ssl-cert' }),
    finding('id', { rule: 'machine-id', severity: 'medium', path: 'etc/machine-id', remedy: 'empty' }),
    finding('log', { rule: 'logs-mail', severity: 'medium', path: 'var/log/messages', remedy: 'empty', partition: 2 }),
  ]
  const facts: CleanFacts = {
    image: { state: 'available' },
    isOn: true,
    partitions,
    findings: new Map(rows.map((row) => [row.id, row])),
    refuseFinding,
    chosen: ['key'],
    isReset: true,
  }
  const ids = (changed: Partial<CleanFacts>) => {
    const choice = chooseFindings({ ...facts, ...changed })
    return 'refusal' in choice ? choice.refusal : choice.findings.map(({ id }) => id)
  }
  it('is the chosen findings and, for a reset, the cleanable ones that identify the machine or its owner', () => {
    expect(ids({})).toEqual(['key', 'id'])
    expect(ids({ isReset: false })).toEqual(['key'])
    expect(ids({ chosen: ['id', 'id'] })).toEqual(['id'])
    expect(ids({ chosen: [], isReset: false })).toEqual([])
    expect(resetRules).toContain('ssh-host-key')
  })
  it('is refused first for the image, then the setting, then the disk, then each finding', () => {
    const bad = { chosen: ['none'], partitions: null, isOn: false, image: { state: 'copying' } }
    expect(ids(bad)).toEqual({ code: 'IMAGE_NOT_AVAILABLE', state: 'copying' })
    const { image: _, ...available } = bad
    expect(ids(available)).toEqual({ code: 'CHECKS_OFF' })
    expect(ids({ ...available, isOn: true })).toEqual(refused('NOT_CHECKED'))
    expect(ids({ chosen: ['none'], partitions: [part('ntfs')] })).toEqual(refused('NOTHING_CLEANABLE'))
    expect(ids({ chosen: ['none'] })).toEqual({ code: 'FINDING_NOT_FOUND' })
    const owned = refused('FILE_OF_PACKAGE', { path: 'root/.ssh/owned', package: 'ssl-cert' })
    expect(ids({ chosen: ['key', 'owned'] })).toEqual(owned)
  })
  it.each(imageStates.filter((state) => state !== 'available'))('is refused of an image that is %s', (state) => {
    expect(ids({ image: { state } })).toEqual({ code: 'IMAGE_NOT_AVAILABLE', state })
  })
})

test.each(imageStates)('a clean copy that is %s is retried only once it has failed', (state: ImageStateName) => {
  const answer = state === 'failed' ? null : { code: 'IMAGE_BUSY', state }
  expect(refuseRetryCleanCopy({ state, source: 'CLEAN', copyOfId: 'img-0' })).toEqual(answer)
  const busy = { code: 'IMAGE_BUSY', state }
  expect(refuseRetryCleanCopy({ state, source: 'COPY', copyOfId: 'img-0' })).toEqual(busy)
  expect(refuseRetryCleanCopy({ state, source: 'CLEAN', copyOfId: null })).toEqual(busy)
})

test('the reserved space covers the result with its tables and the unpacked disk', () => {
  const room = roomToClean({ size: 1000, virtualSize: 2 ** 30 })
  expect(room.promised).toBe(1000 + 2 ** 17 + 2 ** 20)
  expect(room.staged).toBe(room.promised + 1000)
})
