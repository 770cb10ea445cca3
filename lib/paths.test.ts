import { expect, test } from 'vitest'
import { paths, safeNext } from './paths'

test.each([
  [paths.signIn(), '/sign-in'],
  [paths.customImages('cn-shanghai'), '/cn-shanghai/images/custom'],
  [paths.sharedImages('cn-shanghai'), '/cn-shanghai/images/shared'],
  [paths.images('cn-shanghai'), '/cn-shanghai/images'],
  [paths.image('cn-shanghai', 'img-0000000000'), '/cn-shanghai/images/img-0000000000'],
  [paths.shareImage('cn-shanghai', 'img-0000000000'), '/cn-shanghai/images/img-0000000000/share'],
  [paths.account(), '/account'],
  [paths.home(), '/'],
])('a place has its address: %s', (made, address) => expect(made).toBe(address))

test("a list's parameters are in its URL, except the default order", () => {
  const list = { q: 'a&b=c #%', state: 'available', os: '', sort: '-createdAt' }
  expect(paths.customImages('cn-shanghai', list)).toBe('/cn-shanghai/images/custom?q=a%26b%3Dc+%23%25&state=available')
  expect(paths.customImages('cn-shanghai', { sort: 'name' })).toBe('/cn-shanghai/images/custom?sort=name')
})

test('sign-in leads back to the requested page', () => {
  const wanted = paths.customImages('cn-shanghai', { q: 'web 01' })
  const next = new URL(paths.signIn(wanted), 'http://127.0.0.1').searchParams.get('next')
  expect(safeNext(next)).toBe(wanted)
})

test.each([
  '/cn-shanghai/images/custom',
  '/account',
  '/cn-shanghai/images/custom?q=%2F%2Fevil.example',
  '/cn-shanghai/images/custom?q=https://evil.example',
])('sign-in leads back to %s', (next) => expect(safeNext(next)).toBe(next))

test.each([
  null,
  undefined,
  '',
  'https://evil.example/',
  'HTTPS:evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  '/\n//evil.example',
  ' //evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  '//console.invalid:80@evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'cn-shanghai/images',
  '/api/auth/signout',
  '/api',
  '/%61pi/auth/signout',
  '/x/../api/auth/signout',
  '/sign-in',
  '/sign-in?next=/sign-in',
])('sign-in never leads to %j', (next) => {
  const leads = new URL(safeNext(next), 'http://console.example')
  expect(leads.origin).toBe('http://console.example')
  expect(leads.pathname).toBe('/')
})

test.each(['/%2F%2Fevil.example', '/%5C%5Cevil.example', '/%09/evil.example', '/\0//evil.example', '/@evil.example'])(
  'an encoded path stays within this console: %s',
  (next) => {
    const leads = new URL(safeNext(next), 'http://console.example')
    expect(leads.origin).toBe('http://console.example')
    expect(leads.pathname.startsWith('//')).toBe(false)
  },
)
