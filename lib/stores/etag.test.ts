import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { bare, etagOfParts, etagOfWhole } from './etag'

test('an ETag is compared without weak prefix and quotes', () => {
  const same = [
    '"9bb58f26192e4ba00f01e2e7b136bbd8-1"',
    '9bb58f26192e4ba00f01e2e7b136bbd8-1',
    'W/"9bb58f26192e4ba00f01e2e7b136bbd8-1"',
  ]
  expect(new Set([...same, '&quot;9bb58f26192e4ba00f01e2e7b136bbd8-1&quot;'].map(bare)).size).toBe(1)
  expect([bare(undefined), bare(''), bare('""')]).toEqual(['', '', ''])
})

test('the ETag of a multipart object is computed from its parts like in S3', () => {
  const parts = [Buffer.from('first'), Buffer.from('second')]
  const digests = parts.map((part) => createHash('md5').update(part).digest())
  const expected = `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2`
  expect(etagOfParts(parts.map((part) => `"${etagOfWhole(part)}"`))).toBe(expected)
  expect(etagOfParts(['"not-a-digest"', `"${etagOfWhole(Buffer.from('second'))}"`])).toBeNull()
})
