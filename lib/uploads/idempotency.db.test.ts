import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, region } from '@/lib/testing/builders'
import { ask, create, offsetOf, refusalOf } from './fixtures/requests'

const key = (name: string) => ({ 'x-page-key': name })
const idOf = (answer: Response) => answer.headers.get('location')?.split('/').at(-1) ?? ''

test('one import sent five times at once is one upload; another name or key is another', async () => {
  const [here, owner] = [await region(), await account()]
  const meant = { region: here, size: 1024 }
  const answers = await Promise.all(Array.from({ length: 5 }, () => create(owner, meant, key('one'))))
  expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201, 201])
  const [imageId = '', ...others] = [...new Set(answers.map(idOf))]
  expect(others).toEqual([])
  expect(await db().image.count({ where: { regionId: here } })).toBe(1)
  expect(await offsetOf(owner, imageId)).toBe(0)
  expect(idOf(await create(owner, { ...meant, name: 'other' }, key('one')))).not.toBe(imageId)
  expect(idOf(await create(owner, meant, key('two')))).not.toBe(imageId)
  expect(await db().image.count({ where: { regionId: here } })).toBe(3)
})

test('a cancelled upload is not begun again with the same idempotency key', async () => {
  const [here, owner] = [await region(), await account()]
  const meant = { region: here, size: 1024 }
  const imageId = idOf(await create(owner, meant, key('one')))
  expect((await ask(owner, 'DELETE', `/${imageId}`)).status).toBe(204)
  expect(await refusalOf(await create(owner, meant, key('one')))).toEqual([404, { code: 'IMAGE_NOT_FOUND' }])
})

test('another account with the same form and key begins its own upload, also a sub-account', async () => {
  const [here, owner, other] = [await region(), await account(), await account()]
  const sub = await account({ master: owner })
  const meant = { region: here, size: 1024 }
  const begun = await Promise.all([owner, other, sub].map(async (who) => create(who, meant, key('one'))))
  expect(begun.map((answer) => answer.status)).toEqual([201, 201, 201])
  expect(new Set(begun.map(idOf)).size).toBe(3)
})

test('an upload request from the page of another account is refused, and the upload stays', async () => {
  const [here, owner, other] = [await region(), await account(), await account()]
  const imageId = idOf(await create(owner, { region: here, size: 1024 }))
  const answer = await ask(other, 'HEAD', `/${imageId}`, { headers: { 'x-page-account': owner.id } })
  expect(answer.status).toBe(403)
  const said = decodeURIComponent(answer.headers.get('x-refusal') ?? '')
  expect(JSON.parse(said)).toEqual({ code: 'OTHER_ACCOUNT', username: other.username })
  const begun = await create(other, { region: here, size: 1024 }, { 'x-page-account': owner.id })
  expect(await refusalOf(begun)).toEqual([403, { code: 'OTHER_ACCOUNT', username: other.username }])
  expect(await offsetOf(owner, imageId)).toBe(0)
})
