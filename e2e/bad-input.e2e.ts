import type { APIRequestContext } from '@playwright/test'
import { account, act, ask, expect, image, test } from './fixtures'

const region = 'cn-shanghai'

const long = 'a'.repeat(10_240)
const texts = ['', long, '\0', 'a\0b', '%', '\u202eevil', '<script>alert(1)</script>', "' OR 1=1 --", '🎉', '{}', '-1']
const raw = ['%ff%fe', '%c0%80', '%', '%ed%a0%80']
const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
const cursors = [
  cursor('-createdAt', 'not a date', 'img-0000000000'),
  cursor('-createdAt', '', ''),
  cursor('-createdAt', '2026-13-45T99:99:99Z', 'img-0000000000'),
  cursor('-createdAt', '999999-01-01', 'img-0000000000'),
  cursor('-createdAt', 'infinity', 'img-0000000000'),
  cursor('-createdAt', 1, 2),
  cursor('-createdAt', 'a\0b', 'x'),
  cursor('-createdAt', '\ud800', '\ud800'),
  'bm90IGpzb24',
]
const listParameters = ['region', 'q', 'state', 'os', 'sort', 'after', 'before']

/** The query parameters of each read route. */
function reads(imageId: string): Record<string, string[]> {
  return {
    '/api/images': listParameters,
    [`/api/images/${imageId}`]: ['region', 'imageId'],
    [`/api/images/${imageId}/shares`]: ['region', 'imageId'],
    '/api/shared-images': listParameters,
    '/api/images/instances': ['region'],
    '/api/shared-images/new': ['region'],
    '/api/accounts': ['username'],
    '/api/quotas': ['region'],
  }
}

/** Queries with one bad parameter each, of every kind. */
function badQueries(names: string[]): string[] {
  const good = `region=${region}&username=nobody`
  const one = (name: string, value: string) => `${good}&${name}=${value}`
  const values = [...texts.map(encodeURIComponent), ...raw]
  const single = names.flatMap((name) => values.map((value) => one(name, value)))
  const places = names.includes('after') ? cursors.flatMap((place) => [one('after', place), one('before', place)]) : []
  const sizes = ['abc', '1e9', '9'.repeat(40), '1.5', ''].map((value) => {
    return `${good}&sort=virtualSize&after=${cursor('virtualSize', value, 'x')}`
  })
  const twice = names.map((name) => `${good}&${name}=a&${name}=b&${name}[]=c`)
  return [...single, ...places, ...(places.length > 0 ? sizes : []), ...twice, '']
}

const shown = (url: string) => (url.length > 120 ? `${url.slice(0, 120)}…` : url)

// Off, because a trace would keep each of hundreds of requests.
test.use({ trace: 'off' })

/** Maps items with a few calls in parallel. */
async function forAll<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += 8) {
    results.push(...(await Promise.all(items.slice(start, start + 8).map(work))))
  }
  return results
}

async function askAll(client: APIRequestContext, urls: string[]) {
  return await forAll(urls, async (url) => ({ url, ...(await ask(client, url)) }))
}

/** Whether nginx rejects a request with its own page: a NUL, or a path above the root. */
function isStoppedByProxy(url: string, { status, body }: { status: number; body: string }): boolean {
  return /%00|\.\.%2f/.test(url) && status === 400 && body.includes('<center>nginx')
}

test('no parameter of any size or shape is a fault: a read route names the field or uses the default', async ({
  requestAs,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const client = await requestAs(owner)
  const ids = ['IMG-0000000000', 'img-0', '%00', 'a%00b', long, '%2e%2e%2f', '%f0%9f%8e%89', "'%20OR%201=1"]
  const urls = [
    ...Object.entries(reads(disk.id)).flatMap(([route, names]) =>
      badQueries(names).map((query) => `${route}?${query}`),
    ),
    ...ids.flatMap((id) => [`/api/images/${id}?region=${region}`, `/api/images/${id}/shares?region=${region}`]),
  ]
  const wrong: string[] = []
  for (const { url, ...answer } of await askAll(client, urls)) {
    const { status, body } = answer
    if (isStoppedByProxy(url, answer)) continue
    const isRefused = status === 400 && /^\{"refusal":\{"code":"INVALID_INPUT","field":"\w+","problem":"/.test(body)
    if (!isRefused && status !== 200 && status !== 404) wrong.push(`${status} ${shown(url)}`)
  }
  expect(wrong).toEqual([])
})

test('a bad URL of a page is a 404, and bad parameters show the default list', async ({ requestAs }) => {
  const owner = await account()
  const disk = await image(owner)
  const client = await requestAs(owner)
  const wrong: string[] = []
  const parts = ['%00', 'a%00b', long.slice(0, 4_000), '%f0%9f%8e%89', 'IMG-1', '..%2f..', '%3Cscript%3E']
  const missing = parts.flatMap((part) => [
    `/${region}/images/${part}`,
    `/${region}/images/${part}/share`,
    `/${part}/images/custom`,
  ])
  for (const { url, ...answer } of await askAll(client, missing)) {
    if (answer.status !== 404 && !isStoppedByProxy(url, answer)) wrong.push(`${answer.status} ${shown(url)}`)
  }
  const custom = badQueries(['state', 'sort', 'after', 'before']).map((query) => `/${region}/images/custom?${query}`)
  for (const { url, status, body } of await askAll(client, custom)) {
    if (status !== 200 || !body.includes(disk.id)) wrong.push(`${status} ${shown(url)}`)
  }
  const searched = badQueries(['q', 'os'])
  const both = ['custom', 'shared'].flatMap((tab) => searched.map((query) => `/${region}/images/${tab}?${query}`))
  for (const { url, status } of await askAll(client, both)) if (status !== 200) wrong.push(`${status} ${shown(url)}`)
  expect(wrong).toEqual([])
})

const hidden = ['\0', 'a\u0007b', '\u202egnp.exe', 'a\u200bb', '\ud800']
const odd: unknown[] = [null, undefined, 0, -1, 1.5, true, {}, [], [[]], { toString: 'x' }]
const noName = [
  '',
  '   ',
  long,
  ...hidden,
  '🎉',
  'a❤️',
  '<script>alert(1)</script>',
  "'; DROP TABLE x --",
  'a/b',
  'раураl!',
  'a\nb',
]

const ofInstances = [
  'startInstanceAction',
  'stopInstanceAction',
  'forceStopInstanceAction',
  'restartInstanceAction',
  'rebuildInstanceAction',
]
const ofImages = [
  'protectImageAction',
  'unprotectImageAction',
  'restoreImageAction',
  'purgeImageAction',
  'retryCopyAction',
  'retryCleanCopyAction',
  'cancelTransferAction',
]

test('no input of an action is a fault: unusable values are refused with their field, and nothing is written', async ({
  requestAs,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const client = await requestAs(owner)
  const here = { region, imageId: disk.id }
  const machine = { region, instanceId: 'ins-0000000000' }
  const good: Record<string, Record<string, unknown>> = {
    shareImageAction: { ...here, usernames: ['nobody'], note: '' },
    shareImagesAction: { region, imageIds: [disk.id], usernames: ['nobody'], note: '' },
    cancelShareAction: { shareId: 'shr-0000000000' },
    acceptShareAction: { shareId: 'shr-0000000000' },
    declineShareAction: { shareId: 'shr-0000000000' },
    cancelSharesAction: { shareIds: ['shr-0000000000'] },
    markSharesSeenAction: { shareIds: [] },
    updateImageAction: { ...here, name: 'fine', description: '' },
    deleteImageAction: { ...here, imageId: 'img-0000000000', cancelShares: false, typedName: null },
    ...Object.fromEntries(ofImages.map((action) => [action, { ...here, imageId: 'img-0000000000' }])),
    copyImageAction: { ...here, imageId: 'img-0000000000', targetRegion: 'cn-shenzhen', name: 'fine' },
    makeCleanCopyAction: { ...here, imageId: 'img-0000000000', name: 'fine', findings: [], isReset: false },
    ...Object.fromEntries(ofInstances.map((action) => [action, machine])),
    renameInstanceAction: { ...machine, name: 'fine' },
    protectInstanceAction: { ...machine, isProtected: true },
    changeInstanceTypeAction: { ...machine, typeId: 'ecs.t1.small' },
    terminateInstanceAction: { ...machine, typedName: 'machine' },
    changePasswordAction: { currentPassword: 'not the password', newPassword: 'a password of the tests' },
  }
  const mayBeLeftOut = ['note', 'cancelShares', 'typedName', 'findings', 'isReset']
  // Odd values that a field accepts.
  const fits: Record<string, string[]> = {
    typedName: ['null'],
    shareIds: ['[]'],
    cancelShares: ['true'],
    isProtected: ['true'],
    findings: ['[]'],
    isReset: ['true'],
  }
  const more: Record<string, unknown[]> = {
    region: ['', long, ...hidden, 'CN-SHANGHAI', '../..'],
    targetRegion: ['', long, ...hidden, 'CN-SHANGHAI', '../..'],
    imageId: ['', long, ...hidden, 'img-1', "img-' OR 1=1"],
    instanceId: ['', long, ...hidden, 'ins-1', "ins-' OR 1=1"],
    typeId: ['', long, ...hidden, 'ECS', '../..'],
    shareId: ['', long, ...hidden],
    shareIds: [[null], [''], [long], Array(101).fill('shr-0000000000'), 'shr-0000000000'],
    usernames: [[''], [null], [long], Array(201).fill('a'), [...Array(21).keys()].map((n) => `a${n}`), 'nobody'],
    findings: [[null], [''], [long], ["a' OR 1=1"], Array(2_001).fill('a'), 'a'],
    note: [long, ...hidden],
    name: noName,
    description: [long, ...hidden],
    typedName: [long],
    currentPassword: ['', long],
    newPassword: ['', 'too short', long],
  }
  const tries = Object.entries(good).flatMap(([action, input]) =>
    Object.keys(input).flatMap((field) => {
      const unfit = odd.filter((value) => !fits[field]?.includes(JSON.stringify(value)))
      const values = mayBeLeftOut.includes(field) ? unfit.filter((value) => value !== undefined) : unfit
      return [...values, ...(more[field] ?? [])].map((value) => ({ action, input, field, value }))
    }),
  )
  const wrong: string[] = []
  await forAll(tries, async ({ action, input, field, value }) => {
    const answer = await act(client, action, { ...input, [field]: value })
    const isNamed = !answer.ok && answer.refusal.code === 'INVALID_INPUT' && answer.refusal.field === field
    if (!isNamed) wrong.push(`${action} ${field} ${JSON.stringify(value)?.slice(0, 60)}: ${JSON.stringify(answer)}`)
  })
  const wholes = Object.keys(good).flatMap((action) =>
    [[], [null], ['x'], [[]], [0], [{}]].map((whole) => ({ action, whole })),
  )
  await forAll(wholes, async ({ action, whole }) => {
    const answer = await act(client, action, ...whole)
    if (answer.ok || answer.refusal.code !== 'INVALID_INPUT') wrong.push(`${action} ${JSON.stringify(whole)}`)
  })
  expect(wrong).toEqual([])
  const { body } = await ask(client, `/api/images/${disk.id}?region=${region}`)
  expect(JSON.parse(body)).toMatchObject({ name: disk.name, state: 'available', recipients: [] })
})

test('a username of any characters is unknown to the look-up and to the share', async ({ requestAs }) => {
  const owner = await account()
  const disk = await image(owner)
  const client = await requestAs(owner)
  for (const username of ['\0', 'a\0b', '\u202ea', '🎉', '<script>', "' OR ''='", 'аdmin', '%', '_', '*', 'a@b@c']) {
    const { status, body } = await ask(client, `/api/accounts?username=${encodeURIComponent(username)}`)
    const shown = JSON.stringify(username)
    expect.soft([200, 400], `${shown} was answered with ${status}`).toContain(status)
    if (status === 200) expect.soft(JSON.parse(body).status, shown).toBe('unknown')
    const shared = await act(client, 'shareImageAction', { region, imageId: disk.id, usernames: [username], note: '' })
    expect.soft(shared.ok || shared.refusal.code, shown).toMatch(/^(RECIPIENT_NOT_FOUND|INVALID_INPUT)$/)
  }
})
