import { encode } from 'next-auth/jwt'
import { expect, test, vi } from 'vitest'

async function cookieOf(secret: string, address: string) {
  vi.resetModules()
  vi.stubEnv('DATABASE_URL', 'postgresql://nobody@127.0.0.1:1/none')
  vi.stubEnv('NEXTAUTH_SECRET', secret)
  vi.stubEnv('NEXTAUTH_URL', address)
  vi.stubEnv('ECS_SESSION_MAX', '30d')
  const { sessionCookie } = await import('./session-cookie')
  return sessionCookie()
}

test('two consoles on one host have different cookies, by their ports or by their secrets', async () => {
  const names = [
    (await cookieOf('one', 'http://lan:3000')).name,
    (await cookieOf('one', 'http://lan:3001')).name,
    (await cookieOf('other', 'http://lan:3000')).name,
    (await cookieOf('one', 'https://lan:3000')).name,
  ]
  expect(new Set(names).size).toBe(names.length)
  // The servers of one deployment share the name, and no name is a prefix of another.
  expect((await cookieOf('one', 'http://lan:3000')).name).toBe(names[0])
  for (const name of names) expect(names.filter((other) => other.startsWith(name))).toEqual([name])
})

test('the cookie lasts as long as a session can, and is Secure only if the console uses https', async () => {
  expect((await cookieOf('one', 'http://lan:3000')).options).toMatchObject({ secure: false, maxAge: 30 * 86_400 })
  const secure = await cookieOf('one', 'https://lan')
  expect(secure.name).toMatch(/^__Secure-next-auth\.session-token\./)
  expect(secure.options).toMatchObject({ secure: true, httpOnly: true, sameSite: 'lax' })
})

test('a cookie that next-auth sealed with this secret is opened, and no other', async () => {
  await cookieOf('one', 'http://lan:3000')
  const { openSession, sealSession } = await import('./session-cookie')
  const seal = (secret: string, maxAge = 60) => encode({ token: { sessionId: 'session' }, secret, maxAge })
  expect(await openSession(await seal('one'))).toBe('session')
  expect(await openSession(await sealSession({ accountId: 'account', sessionId: 'other' }))).toBe('other')
  expect(await openSession(await seal('other'))).toBeNull()
  expect(await openSession(await seal('one', -60))).toBeNull()
  const sealed = await seal('one')
  const damaged = `${sealed.slice(0, -6)}${sealed.slice(-6, -5) === 'A' ? 'B' : 'A'}${sealed.slice(-5)}`
  for (const wrong of [damaged, 'a.b.c.d.e', 'nonsense', '', undefined]) expect(await openSession(wrong)).toBeNull()
  expect(await openSession(await encode({ token: { sub: 'nobody' }, secret: 'one' }))).toBeNull()
})
