import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { getNoticeChoices } from '@/lib/notices/reads'
import { noticeKinds } from '@/lib/notices/rules'
import { chooseNotices, endMail, requeueMail } from '@/lib/notices/writes'
import { ok } from '@/lib/result'
import { account, later, noon, nth, region, type TestAccount } from '@/lib/testing/builders'
import { sendDueMail } from './send-mail'

// A real local mail server. A process reads its settings once, so the server is started before.
const { server, on } = await vi.hoisted(async () => {
  const { SMTPServer } = await import('smtp-server')
  const on: Required<Pick<SMTPServerOptions, 'onData'>> = { onData: () => {} }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (...received) => on.onData(...received),
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens on no port.')
  process.env.ECS_SMTP_URL = `smtp://127.0.0.1:${address.port}`
  process.env.ECS_MAIL_FROM = 'Open ECS Console <console@example.com>'
  process.env.NEXTAUTH_URL = 'https://console.example'
  return { server, on }
})

const mails: { to: string; source: string }[] = []
let refusal: string | null = null
/** Called while the server receives an e-mail. */
let meanwhile = async () => {}
on.onData = (stream, session, done) => {
  let source = ''
  stream.on('data', (chunk) => {
    source += chunk
  })
  stream.on('end', () => {
    if (refusal) return done(Object.assign(new Error(refusal), { responseCode: 451 }))
    mails.push({ to: session.envelope.rcptTo.map(({ address }) => address).join(), source })
    void meanwhile().then(() => done(), done)
  })
}

afterAll(() => new Promise<void>((done) => server.close(done)))
beforeEach(() => {
  mails.length = 0
  refusal = null
  meanwhile = async () => {}
})

async function reader(locale: 'en' | 'zh', email = 'reader@example.com', person?: TestAccount): Promise<TestAccount> {
  const who = person ?? (await account())
  await db().account.update({ where: { id: who.id }, data: { email } })
  await chooseNotices(who.ctx, { console: [], email: [...noticeKinds], webhook: [], pace: 'soon', locale })
  return who
}

async function tell(who: TestAccount, count = 1, image = 'web-01', regionId?: string): Promise<void> {
  const sharer = await account()
  const event = {
    action: 'share.create' as const,
    recipient: who,
    image: { id: 'img-aaaaaaaaaa', name: image },
    ...(regionId && { regionId }),
  }
  const events = Array.from({ length: count }, () => event)
  await inTransaction(async (tx) => ok(await recordEvents(tx, sharer.ctx, events)))
}

/** The parts of an e-mail, decoded. */
function read(source: string): string {
  const joined = source.replace(/=\r\n/g, '')
  const bytes = joined.replace(/(?:=[0-9A-F]{2})+/g, (codes) =>
    Buffer.from(codes.replaceAll('=', ''), 'hex').toString(),
  )
  const words = bytes.replace(/=\?UTF-8\?B\?([^?]+)\?=\s*/gi, (_, text) => Buffer.from(text, 'base64').toString())
  return words.replace(
    /\r\n\r\n((?:[A-Za-z0-9+/]{4,76}={0,2}\r\n)+)/g,
    (_, text) => `\n\n${Buffer.from(text, 'base64')}`,
  )
}

it('pending notices come as one e-mail, as text and as HTML, and none comes twice', async () => {
  const who = await reader('en')
  await tell(who, 3)
  await sendDueMail(who.id)
  await sendDueMail(who.id)
  expect(mails).toHaveLength(1)
  const { to, source } = nth(mails, 0)
  expect(to).toBe('reader@example.com')
  const text = read(source)
  expect(text).toContain('Subject: 3 new notices')
  expect(text).toContain('Content-Type: text/plain')
  expect(text).toContain('Content-Type: text/html')
  expect(text).toMatch(/shared web-01 with you/)
  expect(text).toContain('https://console.example/notices')
})

it('an e-mail is in the language of its reader', async () => {
  const who = await reader('zh')
  await tell(who)
  await sendDueMail(who.id)
  expect(read(nth(mails, 0).source)).toContain('向您共享了镜像 web-01')
})

it('a name cannot add markup, a header or a recipient', async () => {
  const who = await reader('en')
  await tell(who, 1, '<b>web</b>\r\nBcc: other@example.com')
  await sendDueMail(who.id)
  const { to, source } = nth(mails, 0)
  expect(to).toBe('reader@example.com')
  expect(read(source)).toContain('&lt;b&gt;web&lt;/b&gt;')
  expect(source.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m)
})

it('an e-mail that the server refuses is sent later', async () => {
  const who = await reader('en')
  await tell(who)
  refusal = 'come back later'
  await expect(sendDueMail(who.id)).rejects.toThrow()
  expect(await db().notice.count({ where: { accountId: who.id, isMailDue: true } })).toBe(1)
  await db()
    .$executeRaw`SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE key = ${`send-mail ${who.id}`}`
  await requeueMail(later(3_600_000))
  const jobs = await db().$queryRaw<unknown[]>`SELECT id FROM graphile_worker.jobs WHERE key = ${`send-mail ${who.id}`}`
  expect(jobs).toHaveLength(1)
  refusal = null
  await sendDueMail(who.id)
  expect(mails).toHaveLength(1)
  await tell(who)
  await requeueMail(new Date(noon.getTime() + 3 * 24 * 3_600_000))
  expect(await db().notice.count({ where: { accountId: who.id, isMailDue: true } })).toBe(0)
})

it('a notice that is committed while an e-mail is sent comes with the next, also with a lower id', async () => {
  const who = await reader('en')
  await tell(who, 1, 'late-01')
  await tell(who, 1, 'early-01')
  const late = await db().notice.findFirstOrThrow({ where: { accountId: who.id }, orderBy: { id: 'asc' } })
  const isMailDue = async (isDue: boolean) =>
    void (await db().notice.update({ where: { id: late.id }, data: { isMailDue: isDue } }))
  // Its transaction is still open when the e-mail is written.
  await isMailDue(false)
  meanwhile = async () => await isMailDue(true)
  await sendDueMail(who.id)
  meanwhile = async () => {}
  await sendDueMail(who.id)
  await sendDueMail(who.id)
  expect(mails.map(({ source }) => /(?:early|late)-01/.exec(read(source))?.[0])).toEqual(['early-01', 'late-01'])
})

it('an e-mail to a sub-account names no image that its policies hide at this moment', async () => {
  const [master, here, there] = [await account(), await region(), await region()]
  const grants = [{ policy: 'ImagesReadOnly' as const, regions: [here] }]
  const who = await reader('en', 'reader@example.com', await account({ master, grants }))
  const ofRegion = async (regionId: string, name: string) => await tell(master, 1, name, regionId)
  await ofRegion(here, 'seen-01')
  await ofRegion(there, 'hidden-01')
  await sendDueMail(who.id)
  expect(mails).toHaveLength(1)
  const text = read(nth(mails, 0).source)
  expect(text).toContain('seen-01')
  expect(text).not.toContain('hidden-01')
  expect(await db().notice.count({ where: { accountId: who.id, isMailDue: true } })).toBe(0)
  await ofRegion(here, 'seen-02')
  await db().attachedPolicy.deleteMany({ where: { accountId: who.id } })
  await sendDueMail(who.id)
  expect(mails).toHaveLength(1)
})

it('the unsubscribe link works without signing in, and an unknown link gets the same response', async () => {
  const who = await reader('en')
  await tell(who)
  await sendDueMail(who.id)
  const token = /List-Unsubscribe: <https:\/\/console\.example\/api\/unsubscribe\/([\w-]+)>/i.exec(
    read(nth(mails, 0).source).replace(/\r\n\s+/g, ' '),
  )?.[1]
  await tell(who)
  for (const unknown of ['nobody-has-this', 'n'.repeat(43)]) expect(await endMail(unknown)).toEqual(ok(null))
  expect(await endMail(token ?? '')).toEqual(ok(null))
  expect(await endMail(token ?? '')).toEqual(ok(null))
  await tell(who)
  await sendDueMail(who.id)
  expect(mails).toHaveLength(1)
  expect(Object.values((await getNoticeChoices(who.ctx)).choices).some(({ email }) => email)).toBe(false)
})

it('an invalid link queries no database', async () => {
  await inTransaction(async (tx) => {
    await tx.$executeRaw`LOCK TABLE "NoticeMail" IN ACCESS EXCLUSIVE MODE`
    for (const token of ['', 'short', 'n'.repeat(44), 'n'.repeat(42), `${'n'.repeat(42)}!`])
      expect(await endMail(token)).toEqual(ok(null))
    return ok(null)
  })
})

it('a disabled account, and one without an address, gets none', async () => {
  const [disabled, nowhere] = [await reader('en'), await reader('en', '')]
  await tell(disabled)
  await tell(nowhere)
  await db().account.update({ where: { id: disabled.id }, data: { disabledAt: noon } })
  await sendDueMail(disabled.id)
  await sendDueMail(nowhere.id)
  expect(mails).toEqual([])
  expect((await getNoticeChoices(nowhere.ctx)).ways).toEqual(['console'])
})
