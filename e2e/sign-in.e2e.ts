import { db } from '@/lib/db/client'
import { account, expect, image, password, signIn, test, unique } from './fixtures'

test('a wrong password and an unknown name get the same answer, and the name stays in the field', async ({ page }) => {
  const someone = await account()
  const answers: string[] = []
  for (const username of [someone.username, unique('nobody')]) {
    await page.goto('/sign-in')
    await page.getByLabel('Username').fill(username)
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const alert = page.getByRole('alert').filter({ hasText: 'wrong' })
    await expect(alert).toBeVisible()
    await expect(page.getByLabel('Username')).toHaveValue(username)
    answers.push((await alert.textContent()) ?? '')
  }
  expect(answers[0]).toBe(answers[1])
})

test('the form works without scripts, keeps every secret out of URLs and leads back to the requested page', async ({
  browser,
}) => {
  const someone = await account()
  const disk = await image(someone)
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  const urls: string[] = []
  page.on('request', (request) => urls.push(request.url()))
  const wanted = `/cn-shanghai/images/${disk.id}/share`
  await page.goto(wanted)
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  await page.getByLabel('Username').fill(someone.username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(wanted)
  await expect(page.getByRole('heading', { level: 1, name: 'Shared Images' })).toBeVisible()
  const decoded = urls.map((url) => decodeURIComponent(url.replaceAll('+', ' ')))
  expect(decoded.filter((url) => url.includes(password))).toEqual([])
  await context.close()
})

test('sign-in never leads to another origin', async ({ page, baseURL }) => {
  const someone = await account()
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
    await page.context().clearCookies()
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`)
    await page.getByLabel('Username').fill(someone.username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeVisible()
    expect(new URL(page.url()).origin).toBe(new URL(baseURL ?? '').origin)
  }
})

test('signing out ends the session on the server too: a copied cookie is worthless', async ({ page, context }) => {
  const someone = await account()
  await signIn(context, someone)
  await page.goto('/account')
  const cookies = await context.cookies()
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await context.addCookies(cookies)
  await page.goto('/account')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('the focus starts at the username, and after a refusal at the password', async ({ page }) => {
  await page.goto('/sign-in')
  await expect(page.getByLabel('Username')).toBeFocused()
  await page.keyboard.type('nobody-at-all')
  await page.keyboard.press('Tab')
  await expect(page.getByLabel('Password')).toBeFocused()
  await page.keyboard.type('not the password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert').filter({ hasText: 'wrong' })).toBeVisible()
  await expect(page.getByLabel('Password')).toBeFocused()
})

test('a password can be shown, and is hidden again when it is sent', async ({ page }) => {
  const someone = await account()
  await page.goto('/sign-in')
  const field = page.getByLabel('Password')
  const look = page.getByRole('button', { name: 'Show password' })
  await field.fill('not the password')
  await expect(field).toHaveAttribute('type', 'password')
  await look.click()
  await expect(look).toHaveAttribute('aria-pressed', 'true')
  await expect(field).toHaveAttribute('type', 'text')
  await page.getByLabel('Username').fill(someone.username)
  await page.evaluate(() =>
    document.addEventListener('formdata', () =>
      sessionStorage.setItem('sent', document.querySelector<HTMLInputElement>('[name=password]')?.type ?? ''),
    ),
  )
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'wrong' })).toBeVisible()
  expect(await page.evaluate(() => sessionStorage.getItem('sent'))).toBe('password')
})

test('the theme can be chosen before signing in', async ({ page }) => {
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('a browser that does not store the cookie is told so, with scripts or without', async ({ browser, baseURL }) => {
  const someone = await account()
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto('/sign-in')
  const form = { username: someone.username, password }
  const signedIn = await page.request.post('/api/sign-in', { form, maxRedirects: 0 })
  const check = signedIn.headers().location ?? ''
  await context.clearCookies()
  await page.goto(check)
  await expect(page.getByRole('alert').filter({ hasText: 'did not keep the session cookie' })).toContainText(
    baseURL ?? '',
  )
  await context.close()
})

test('at an address other than its own the console names its own, before anything is typed', async ({
  page,
  baseURL,
}) => {
  const other = (baseURL ?? '').replace('127.0.0.1', 'localhost')
  await page.goto(`${other}/sign-in?next=%2Faccount`)
  await expect(page.getByText('You cannot sign in at this address. Open the console here:')).toBeVisible()
  await page.getByRole('link', { name: baseURL }).click()
  await expect(page).toHaveURL(`${baseURL}/sign-in?next=%2Faccount`)
})

test('if too many sign in at once the others are asked to retry, and signed-in people notice nothing', async ({
  page,
  requestAs,
  baseURL,
}) => {
  const [someone, other] = [await account(), await account()]
  const visitor = await requestAs(null)
  const tenant = await requestAs(other)
  const answers = Array.from({ length: 60 }, () =>
    visitor.post('/api/sign-in', { form: { username: someone.username, password: 'a guess of a stranger' } }),
  )
  expect((await tenant.get('/api/quotas')).status()).toBe(200)
  const busy = (await Promise.all(answers)).filter((answer) => answer.status() === 503)
  expect(busy.length).toBeGreaterThan(20)
  // A full queue says 2 s; if two servers check one account at once, one of them says 1 s.
  for (const answer of busy) expect(['1', '2']).toContain(answer.headers()['retry-after'])
  // A browser redirects itself to the form with the reason.
  expect(await busy[0]?.text()).toContain('<meta http-equiv="refresh" content="0; url=/sign-in">')
  const [name = '', value = ''] = (busy[0]?.headers()['set-cookie'] ?? '').split(';')[0]?.split('=') ?? []
  await page.context().addCookies([{ name, value, url: `${baseURL}/sign-in` }])
  await page.goto('/sign-in')
  await expect(page.getByRole('alert').filter({ hasText: 'Too many people are signing in' })).toBeVisible()
  await expect(page.getByLabel('Username')).toHaveValue(someone.username)
})

test('signing in over another session ends that one', async ({ browserPage }) => {
  const [first, second] = [await account(), await account()]
  const page = await browserPage(first)
  await page.goto('/account')
  const form = { username: second.username, password }
  await page.request.post('/api/sign-in', { form })
  await page.reload()
  await expect(page.getByRole('button', { name: `Account menu, ${second.username}` })).toBeVisible()
  expect(await db().session.count({ where: { accountId: first.id } })).toBe(0)
})

test('a changed password ends the other sessions and keeps this one', async ({ browserPage }) => {
  const someone = await account()
  const here = await browserPage(someone)
  const elsewhere = await browserPage(someone)
  await elsewhere.goto('/account')
  await here.goto('/account')
  await here.getByLabel('Current password').fill(password)
  await here.getByLabel('New password').fill('another password of the tests')
  await here.getByRole('button', { name: 'Change Password' }).click()
  await expect(here.getByText('1 other session was ended.')).toBeVisible()
  await elsewhere.reload()
  await expect(elsewhere.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await here.reload()
  await expect(here.getByRole('heading', { level: 1, name: 'Account Info' })).toBeVisible()
})
