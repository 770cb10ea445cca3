import { expect, test } from 'vitest'
import { blobKey, diskFormatNames, holderKinds, waitingKinds } from './rules'

test('the same bytes get a new key with each blob', () => {
  const sha256 = 'ab'.repeat(32)
  expect(blobKey({ id: 'blb-1', sha256 })).toBe(`${sha256}.blb-1`)
  expect(blobKey({ id: 'blb-2', sha256 })).not.toBe(blobKey({ id: 'blb-1', sha256 }))
})

test('these are the disk formats', () => {
  expect(diskFormatNames).toEqual(['qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso'])
})

test('the kinds of holders, and those whose rows wait for the removal of bytes', () => {
  expect(holderKinds).toEqual([
    {
      table: 'Image',
      kind: `CASE state WHEN 'deleted' THEN 'recycle bin' WHEN 'importing' THEN 'transfer' WHEN 'copying' THEN 'transfer' ELSE 'image' END`,
      waits: `state = 'deleting'`,
    },
    { table: 'Instance', kind: `'instance'` },
    { table: 'Snapshot', kind: `CASE state WHEN 'creating' THEN 'transfer' ELSE 'snapshot' END` },
  ])
  expect(waitingKinds).toEqual([{ table: 'Image', waits: `state = 'deleting'` }])
})
