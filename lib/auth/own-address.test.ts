import { describe, expect, it, test } from 'vitest'
import { configuredOrigin, isOwnOrigin } from './own-address.mjs'

const headers = (all: Record<string, string>) => (name: string) => all[name] ?? null

describe('an address set by the operator', () => {
  const configured = configuredOrigin({ NODE_ENV: 'test', NEXTAUTH_URL: 'https://console.example:8443/' })

  it.each([
    ['two proxies', { host: 'console.example', 'x-forwarded-host': 'console.example, inner.example' }],
    ['a proxy that names another port', { host: 'console.example:80' }],
    ['a proxy that names itself', { host: '10.0.0.1:3000' }],
    ['no header', {}],
  ])('is the only one, behind %s', (_, all) => {
    expect(isOwnOrigin('https://console.example:8443', headers(all), configured)).toBe(true)
    for (const origin of ['http://console.example:8443', 'https://console.example', 'http://10.0.0.1:3000', 'null'])
      expect(isOwnOrigin(origin, headers(all), configured), origin).toBe(false)
  })

  it('is compared without a default port', () => {
    const plain = configuredOrigin({ NODE_ENV: 'test', NEXTAUTH_URL: 'https://console.example:443' })
    expect(isOwnOrigin('https://console.example', headers({ host: 'x' }), plain)).toBe(true)
  })
})

describe('without one', () => {
  const configured = configuredOrigin({
    NODE_ENV: 'test',
    NEXTAUTH_URL: 'http://127.0.0.1:3000',
    ECS_ADDRESS_IS_GUESSED: '1',
  })

  it.each([
    ['http://localhost:3000', { host: 'localhost:3000' }],
    ['https://console.example', { host: '10.0.0.1:3000', 'x-forwarded-host': 'console.example' }],
    ['https://console.example', { host: '10.0.0.1:3000', 'x-forwarded-host': 'console.example:443' }],
    ['https://console.example', { host: '10.0.0.1', 'x-forwarded-host': 'console.example, inner.example' }],
    ['http://[::1]:3000', { host: '[::1]:3000' }],
  ])('%s is ours when asked as %j', (origin, all) => {
    expect(isOwnOrigin(origin, headers(all), configured)).toBe(true)
  })

  it.each(['https://evil.example', 'http://localhost:3001', 'null', '', 'http://localhost:3000.evil.example'])(
    '%j is not',
    (origin) => {
      expect(isOwnOrigin(origin, headers({ host: 'localhost:3000' }), configured)).toBe(false)
    },
  )
})

test('a header that is not a host matches nothing', () => {
  expect(isOwnOrigin('http://a', headers({ host: ' ,:// ', 'x-forwarded-host': ', ,' }), null)).toBe(false)
})
