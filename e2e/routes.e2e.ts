import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { db } from '@/lib/db/client'
import { account, ask, expect, image, password, share, startSession, test, unique } from './fixtures'
import { instanceRows } from './instance-rows'

const region = 'cn-shanghai'

/** Every read route, by its folder in app/api. */
function reads(imageId: string, instanceId: string): Record<string, string> {
  return {
    ...Object.fromEntries(ofRegions.map((name) => [name, `/api/${name}?region=${region}`])),
    ...Object.fromEntries(ofAccounts.map((name) => [name, `/api/${name}`])),
    'images/[imageId]': `/api/images/${imageId}?region=${region}`,
    'images/[imageId]/shares': `/api/images/${imageId}/shares?region=${region}`,
    'images/[imageId]/content': `/api/images/${imageId}/content?region=${region}`,
    'instances/[instanceId]': `/api/instances/${instanceId}?region=${region}`,
    'instances/[instanceId]/events': `/api/instances/${instanceId}/events?region=${region}`,
    'ended-shares': `/api/ended-shares?region=${region}&imageId=${imageId}`,
    accounts: '/api/accounts?username=nobody-at-all',
    'billing/lines': '/api/billing/lines?month=2026-11',
    imports: `/api/imports?region=${region}&ids=${imageId}`,
  }
}

const lists = ['images', 'instances', 'snapshots', 'shared-images', 'sharing', 'sharing/export', 'audit/export']
const ofRegions = [...lists, 'images/instances', 'shared-images/new', 'unfinished-uploads']
const ofAccounts = ['quotas', 'sub-accounts', 'regions', 'page-status', 'notices', 'notices/unread', 'notices/webhook']

/** Routes with a protocol of their own, tested below, and with the sign-in form, notices, uploads and consoles. */
const ofForms = ['auth/[...nextauth]', 'preferences', 'sign-in', 'sign-out', 'unsubscribe/[token]']
const others = [...ofForms, 'changes', 'uploads/[[...path]]']
const ofChecks = ['check', 'check/export'].map((part) => `images/[imageId]/${part}`)
const ofMachines = ['console-log', 'picture', 'tickets'].map((part) => `instances/[instanceId]/${part}`)

test('every read route answers a signed-out visitor with 401 and nothing else, and no answer may be cached', async ({
  requestAs,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const [signedIn, signedOut] = [await requestAs(owner), await requestAs(null)]
  const [machine] = await instanceRows(owner, [{ image: disk }])
  const routes = reads(disk.id, machine?.id ?? '')
  const files = fs.readdirSync('app/api', { recursive: true, encoding: 'utf8' })
  const folders = files.filter((file) => path.basename(file) === 'route.ts').map((file) => path.dirname(file))
  expect([...Object.keys(routes), ...others, ...ofChecks, ...ofMachines].sort()).toEqual(folders.sort())
  for (const url of Object.values(routes)) {
    const [refused, answered] = [await ask(signedOut, url), await ask(signedIn, url)]
    expect.soft(refused, url).toMatchObject({ status: 401, body: '{"refusal":{"code":"SIGNED_OUT"}}' })
    expect.soft(answered.status, url).toBe(200)
    const secure = { 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' }
    for (const { headers } of [refused, answered]) expect.soft(headers, url).toMatchObject(secure)
  }
})

/**
 * The parts of a page. Each is sent when it is ready, so their order, how many are in a chunk, and the numbers by which they refer
 * to each other vary.
 */
function partsOf(body: string): string[] {
  const parts = body.replaceAll('"])</script><script>self.__next_f.push([1,"', '').split('\\n')
  return parts.map((part) => part.replace(/^[0-9a-f]+:/, '').replaceAll(/\$[A-Z@]?[0-9a-f]+\b/g, '$')).sort()
}

test("another tenant's image is answered exactly like a missing one, on every route and page", async ({
  requestAs,
}) => {
  const [owner, recipient, stranger, master] = [await account(), await account(), await account(), await account()]
  const othersSub = await account({ username: unique('ops'), master })
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const missing = 'img-0000000000'
  const details = (id: string) => `/api/images/${id}?region=${region}`
  const shares = (id: string) => `/api/images/${id}/shares?region=${region}`
  const elsewhere = (id: string) => `/api/images/${id}?region=cn-shenzhen`
  const pages = ['', '/share', '/copy', '/edit', '/deprecate', '/tags', '/check', '/check/clean'].map(
    (page) => (id: string) => `/${region}/images/${id}${page}`,
  )
  const hidden = [
    { who: stranger, from: [details, shares, elsewhere, ...pages] },
    { who: othersSub, from: [details, shares, elsewhere, ...pages] },
    { who: recipient, from: [shares, elsewhere, ...pages.slice(1)] },
  ]
  for (const { who, from } of hidden) {
    const client = await requestAs(who)
    for (const url of from) {
      const [notThere, notYours] = [await ask(client, url(missing)), await ask(client, url(disk.id))]
      expect.soft(notYours.status, `${who.username} ${url('…')}`).toBe(404)
      // A page contains its URL and the time of its data; nothing else may differ.
      const times = /(dehydratedAt|dataUpdatedAt)\\*":\d+/g
      const plain = (body: string, id: string) => partsOf(body.replaceAll(id, '…').replaceAll(times, '$1'))
      expect.soft(plain(notYours.body, disk.id), `${who.username} ${url('…')}`).toEqual(plain(notThere.body, missing))
    }
  }
})

test('a recipient reads its own part of an image, and lists have only the viewer’s own', async ({ requestAs }) => {
  const [owner, recipient, other] = [await account(), await account(), await account()]
  const sub = await account({ username: unique('ops'), master: owner })
  const disk = await image(owner)
  await share(owner, disk, [recipient, other])
  const [asOwner, asRecipient, asSub] = [await requestAs(owner), await requestAs(recipient), await requestAs(sub)]
  const held = await ask(asRecipient, `/api/images/${disk.id}?region=${region}`)
  expect(JSON.parse(held.body)).toMatchObject({ view: 'recipient', sharer: owner.username })
  expect(held.body).not.toContain(other.username)
  expect(held.body).not.toContain('sha256')
  expect((await ask(asRecipient, `/api/images?region=${region}`)).body).not.toContain(disk.id)
  expect((await ask(asRecipient, `/api/shared-images?region=${region}`)).body).toContain(disk.id)
  expect((await ask(asRecipient, '/api/shared-images?region=cn-shenzhen')).body).not.toContain(disk.id)
  expect((await ask(asOwner, `/api/shared-images?region=${region}`)).body).not.toContain(disk.id)
  for (const client of [asOwner, asSub]) {
    const { body } = await ask(client, `/api/images/${disk.id}/shares?region=${region}`)
    expect(JSON.parse(body).shares).toHaveLength(2)
  }
})

test('every page redirects a signed-out visitor to the sign-in page with its path', async ({ requestAs }) => {
  const disk = await image(await account())
  const visitor = await requestAs(null)
  const pages = [
    '/account',
    `/${region}/images/custom?q=web&sort=name`,
    `/${region}/images/shared`,
    `/${region}/images/${disk.id}`,
    `/${region}/images/${disk.id}/share`,
    `/${region}/images/img-0000000000/share`,
  ]
  for (const page of pages) {
    const { status, headers, body } = await ask(visitor, page)
    expect.soft(status, page).toBe(307)
    expect.soft(headers.location, page).toBe(`/sign-in?next=${encodeURIComponent(page).replaceAll('%20', '+')}`)
    expect.soft(body, page).not.toContain(disk.name)
  }
})

test('every answer forbids framing, MIME sniffing and other origins, and no page is cached', async ({ requestAs }) => {
  const owner = await account()
  const client = await requestAs(owner)
  for (const url of ['/sign-in', '/account', `/${region}/images/custom`, '/xx-nowhere/nothing', '/api/quotas']) {
    const { headers } = await ask(client, url)
    expect
      .soft(headers['content-security-policy'], url)
      .toMatch(/default-src 'self'.*object-src 'none'.*base-uri 'none'/)
    expect.soft(headers['content-security-policy'], url).toMatch(/form-action 'self'.*frame-ancestors 'none'/)
    expect.soft(headers['content-security-policy'], url).not.toMatch(/https?:|\*|unsafe-eval/)
    expect.soft(headers['x-content-type-options'], url).toBe('nosniff')
    expect.soft(headers['x-frame-options'], url).toBe('DENY')
    expect.soft(headers['referrer-policy'], url).toBe('same-origin')
    expect.soft(headers['x-powered-by'], url).toBeUndefined()
    expect.soft(headers['cache-control'], url).toMatch(/private.*no-store/)
  }
})

test('a form of another site can neither sign anybody in nor out', async ({ requestAs, baseURL }) => {
  const someone = await account()
  const form = { username: someone.username, password }
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', `${baseURL}.evil.example`]) {
    const visitor = await requestAs(null)
    const answer = await visitor.post('/api/sign-in', { form, headers: { origin } })
    expect.soft(answer.headers().location, origin).toMatch(/^\/sign-in/)
    expect
      .soft(await (await visitor.get('/sign-in')).text(), origin)
      .toContain('The form came from another address. This console is at')
    const signedIn = await requestAs(someone)
    const refused = await signedIn.post('/api/sign-out', { headers: { origin } })
    expect.soft(refused.headers().location, origin).toBe('/sign-out')
    expect.soft(await (await signedIn.get('/sign-out')).text(), origin).toContain('You are still signed in')
    expect.soft((await ask(signedIn, '/api/quotas')).status, origin).toBe(200)
  }
  expect(await db().session.count({ where: { accountId: someone.id } })).toBe(4)
  const own = await requestAs(null)
  const answer = await own.post('/api/sign-in', { form, headers: { origin: baseURL ?? '' } })
  expect(answer.headers()['set-cookie']).toMatch(/next-auth\.session-token\.\w{8}=[^;]+;.*HttpOnly.*SameSite=lax/i)
})

test('next-auth’s endpoints reveal nothing of an account, and refuse requests of other sites', async ({
  requestAs,
}) => {
  const someone = await account()
  const client = await requestAs(someone)
  const { body } = await ask(client, '/api/auth/session')
  expect(Object.keys(JSON.parse(body))).toEqual(['expires'])
  expect((await ask(await requestAs(null), '/api/auth/session')).body).toBe('{}')
  await client.post('/api/auth/signout', { form: { csrfToken: 'guessed' } })
  expect((await ask(client, '/api/quotas')).status).toBe(200)
  const visitor = await requestAs(null)
  const form = { username: someone.username, password, csrfToken: 'guessed' }
  await visitor.post('/api/auth/callback/credentials', { form })
  expect((await ask(visitor, '/api/quotas')).status).toBe(401)
})

test('next-auth signs programs in and out over an existing session, and does not renew an ended one', async ({
  requestAs,
}) => {
  const someone = await account()
  const program = await requestAs(null)
  const post = async (endpoint: string, fields: Record<string, string>) => {
    const { csrfToken } = await (await program.get('/api/auth/csrf')).json()
    await program.post(`/api/auth/${endpoint}`, { form: { ...fields, csrfToken } })
  }
  await post('callback/credentials', { username: someone.username, password })
  expect((await ask(program, '/api/quotas')).status).toBe(200)
  const before = await db().session.findFirstOrThrow({ where: { accountId: someone.id } })
  expect(await (await program.get('/api/auth/session')).json()).toEqual({ expires: before.expiresAt.toISOString() })
  await post('callback/credentials', { username: someone.username, password })
  expect(await db().session.count({ where: { accountId: someone.id } })).toBe(1)
  await db().session.deleteMany({ where: { accountId: someone.id } })
  const ended = await program.get('/api/auth/session')
  expect([await ended.text(), ended.headers()['set-cookie']]).toEqual(['{}', undefined])
  await post('callback/credentials', { username: someone.username, password })
  await post('signout', {})
  expect(await db().session.count({ where: { accountId: someone.id } })).toBe(0)
})

test('only the used endpoints of next-auth exist', async ({ requestAs }) => {
  const visitor = await requestAs(null)
  const unused = ['signin', 'signout', 'error', 'verify-request', 'providers', 'callback', 'callback/credentials']
  for (const endpoint of [...unused, 'callback/credentials?error=x', '_log', 'csrf/x', 'nothing', '%0a']) {
    const { status, body } = await ask(visitor, `/api/auth/${endpoint}`)
    expect.soft(status, endpoint).toBe(404)
    expect.soft(body, endpoint).not.toContain('next-auth')
  }
  for (const endpoint of ['csrf', 'session', '_log', 'signin/credentials', 'nothing'])
    expect.soft((await visitor.post(`/api/auth/${endpoint}`)).status(), endpoint).toBe(404)
})

test('a broken request is refused with the headers of every other answer', async ({ baseURL }) => {
  const { hostname, port } = new URL(baseURL ?? '')
  const send = (head: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = net.connect(Number(port), hostname, () => socket.write(`${head}\r\nHost: x\r\n\r\n`))
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('close', () => resolve(answer)).on('error', reject)
    })
  const close = 'HTTP/1.1\r\nConnection: close'
  const broken: [string, number][] = [
    [`GET /% ${close}`, 400],
    [`GET /%ff ${close}`, 400],
    [`GET /${region}/images/%c0%80 ${close}`, 400],
    [`GET /api/images/%E0%A4%A ${close}`, 400],
    [`TRACE / ${close}`, 405],
    [`TRACE /sign-in ${close}`, 405],
    [`PUT / ${close}`, 405],
    [`OPTIONS * ${close}`, 400],
    ['NONSENSE', 400],
    [`GET / ${close}\r\nX-Long: ${'x'.repeat(70_000)}`, 431],
  ]
  for (const [head, status] of broken) {
    const answer = await send(head)
    const name = head.slice(0, 40)
    // In the cluster nginx refuses some of these itself.
    if (/^Server: nginx/m.test(answer)) continue
    expect.soft(answer, name).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect.soft(answer, name).toMatch(/^content-security-policy: default-src 'self'/im)
    expect.soft(answer, name).toMatch(/^x-content-type-options: nosniff/im)
    expect.soft(answer, name).toMatch(/^x-frame-options: DENY/im)
  }
})

test('a disabled account, and with a master its sub-accounts, is signed out by the next request', async ({
  requestAs,
}) => {
  const master = await account()
  const sub = await account({ username: unique('ops'), master })
  for (const who of [sub, master]) {
    const clients = [await requestAs(master), await requestAs(sub)]
    for (const client of clients) expect((await ask(client, '/api/quotas')).status).toBe(200)
    await db().account.update({ where: { id: who.id }, data: { disabledAt: new Date() } })
    const out = who === master ? clients : clients.slice(1)
    for (const client of out) {
      expect((await ask(client, '/api/quotas')).status).toBe(401)
      expect((await ask(client, '/account')).headers.location).toBe('/sign-in?next=%2Faccount')
    }
    const visitor = await requestAs(null)
    await visitor.post('/api/sign-in', { form: { username: who.username, password } })
    expect((await ask(visitor, '/api/quotas')).status).toBe(401)
    await db().account.update({ where: { id: who.id }, data: { disabledAt: null } })
  }
})

test('a session cookie that is forged, truncated, of another secret or expired gives no access', async ({
  requestAs,
}) => {
  const someone = await account()
  const { id, name, value } = await startSession(someone)
  const visitor = await requestAs(null)
  const with_ = (cookie: string) => visitor.get('/api/quotas', { headers: { cookie: `${name}=${cookie}` } })
  expect((await with_(value)).status()).toBe(200)
  for (const forged of [value.slice(0, -4), `${value.slice(0, -4)}AAAA`, id, someone.id, 'x'.repeat(4_000), '%00']) {
    expect.soft((await with_(forged)).status(), forged.slice(0, 40)).toBe(401)
  }
  await db().session.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } })
  expect((await with_(value)).status()).toBe(401)
})
