import { account, expect, image, password, signIn, test, unique } from './fixtures'

test('a wrong password and an unknown name get one answer, and the name stays in the field', async ({ page }) => {
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

test('the form works without scripts, keeps every secret out of URLs and leads back to the page that was wanted', async ({
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

test('signing out ends the session on the server too: a copy of the cookie is worth nothing', async ({
  page,
  context,
}) => {
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
