import { beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => {
  vi.resetModules()
  process.env.DATABASE_URL = 'postgresql://nobody@127.0.0.1:1/none'
})

async function idOf(given: string, proxies: string): Promise<string> {
  process.env.ECS_TRUSTED_PROXIES = proxies
  const { requestIdOf } = await import('./log')
  return requestIdOf(new Headers({ 'x-request-id': given }))
}

const own = /^[0-9a-f]{8}$/

test.each(['4bf92f3577b34da6a3ce929d0e0e4736', 'a', 'A.b_c-1', 'x'.repeat(64)])(
  'a trusted proxy may call a request %s',
  async (id) => {
    expect(await idOf(id, '1')).toBe(id)
  },
)

test.each(['', 'x'.repeat(65), 'two words', '"},{"', 'a/b', 'é'])('and may not call it %j', async (id) => {
  expect(await idOf(id, '1')).toMatch(own)
})

test('a visitor cannot choose the id of a request', async () => {
  expect(await idOf('chosen-id', '0')).toMatch(own)
})
