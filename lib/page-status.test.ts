import { afterEach, expect, test, vi } from 'vitest'
import { fetchJson } from './fetch-json'
import { noteAnswer, pageStatus } from './page-status'

afterEach(() => {
  vi.unstubAllGlobals()
  noteAnswer(null)
})

test('an answer to a request from before the network broke does not end OFFLINE, and the next one does', async () => {
  let answer = (_: Response) => {}
  vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (answer = resolve)))
  const before = fetchJson('/api/any')
  noteAnswer({ code: 'OFFLINE' })
  answer(Response.json({}))
  await before
  expect(pageStatus()).toEqual({ code: 'OFFLINE' })
  const after = fetchJson('/api/any')
  answer(Response.json({}))
  await after
  expect(pageStatus()).toBeNull()
})
