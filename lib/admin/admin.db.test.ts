import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findDiskTool } from '@/lib/disks/convert'
import { signIn } from '@/lib/sessions/writes'
import { commitOfFiles } from '@/lib/start/commit'
import { untilTrue } from '@/lib/testing/until'
import manifest from '@/package.json' with { type: 'json' }
import { addAccount, resetPassword, switchAccount } from './account'
import { admin, type Fixture, fixture, imported, shared, start } from './admin-fixture'
import { buildCommands } from './commands'
import { importFile, removeImageNow, showImages } from './image'
import { changeQuotas, showQuotas } from './quota'
import { sentenceOf } from './refusals'
import { addRegion } from './region'
import { endSessionsOf } from './session'
import { endShare, showShares } from './share'
import { verify } from './verify'

const password = 'a long password'
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-admin-test-'))
let made: Fixture

beforeAll(async () => {
  made = await fixture(folder)
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** The sentence of a refusal as the operator reads it. */
function refused(result: { ok: boolean; refusal?: Parameters<typeof sentenceOf>[0] }): string {
  return result.refusal ? sentenceOf(result.refusal) : 'not refused'
}

function storedFiles(): string[] {
  const places = ['stores', 'staging'].map((name) => path.join(process.env.ECS_DATA_DIR ?? '', name))
  const names = places
    .filter((place) => fs.existsSync(place))
    .flatMap((place) => fs.readdirSync(place, { recursive: true, encoding: 'utf8' }))
  return names.filter((name) => /(img|blb)-/.test(name)).sort()
}

describe('the command line', () => {
  test('makes regions and accounts and lists them as one JSON array', async () => {
    const [region, account] = await Promise.all([
      admin(['region', 'add', 'eu-north', 'North', '--json']),
      admin(['account', 'create', 'Aster', '--password-stdin', '--email', 'a@example.com'], `${password}\n`),
    ])
    expect(region).toEqual({ code: 0, out: '{"id":"eu-north","name":"North"}\n', err: '' })
    expect(account).toEqual({ code: 0, out: 'Created aster.\n', err: '' })
    const sub = ['account', 'create', 'ops', '--kind', 'sub', '--master', 'aster', '--password-stdin']
    expect((await admin(sub, password)).code).toBe(0)
    const narrow = ['account', 'policies', 'ops@aster', 'Sharing=eu-north', 'BillingReadOnly']
    expect((await admin(narrow)).out).toBe('ops@aster has Sharing in eu-north; BillingReadOnly.\n')
    expect((await admin(['account', 'policies', 'ops@aster', 'Sharing=eu-none'])).code).toBe(1)
    expect((await admin(['account', 'policies', 'ops@aster', 'Everything'])).code).toBe(1)
    expect((await admin(['account', 'policies', 'aster', 'Sharing'])).code).toBe(1)
    const listed = await admin(['account', 'list', '--json'])
    const accounts: Record<string, unknown>[] = JSON.parse(listed.out)
    expect(accounts.filter((row) => String(row.username).endsWith('aster'))).toMatchObject([
      {
        username: 'aster',
        kind: 'MASTER',
        master: null,
        displayName: 'aster',
        email: 'a@example.com',
        disabled: false,
      },
      { username: 'ops@aster', kind: 'SUB', master: 'aster', displayName: 'ops@aster', email: '', disabled: false },
    ])
    // One trailing newline was dropped, so the password is the intended one.
    const source = { key: 'test', isKnownBrowser: false }
    expect(await signIn(source, { username: 'aster', password }, { now: new Date(), replaced: null })).toMatchObject({
      status: 'signed-in',
    })
  })

  test('gives a region a Chinese name, changes it, and lists both names', async () => {
    const added = await admin(['region', 'add', 'cn-both', 'Both', '--name-zh', '华东（上海）'])
    expect(added).toEqual({ code: 0, out: 'Added region cn-both, Both, in Chinese 华东（上海）.\n', err: '' })
    const renamed = await admin(['region', 'rename', 'cn-both', '--name-zh', '华东', '--json'])
    expect(renamed.out).toBe('{"id":"cn-both","name":"Both","nameZh":"华东"}\n')
    const listed = await admin(['region', 'list'])
    expect(listed.out).toMatch(/^cn-both +Both +华东$/m)
    expect(listed.out).toMatch(/^xx-test +Test +–$/m)
    expect(await admin(['region', 'rename', 'cn-none', '--name', 'None'])).toMatchObject({ code: 1, out: '' })
  })

  test('answers a refusal with its sentence on stderr, nothing on stdout, and 1', async () => {
    const taken = await admin(['account', 'create', made.owner.username, '--password-stdin', '--json'], password)
    expect(taken).toEqual({ code: 1, out: '', err: 'This username is taken. Choose another.\n' })
  })

  test('prints the release and its commit', async () => {
    const commit = commitOfFiles()
    const release = commit ? `${manifest.version} (${commit})` : manifest.version
    expect(await admin(['--version'])).toEqual({ code: 0, out: `${release}\n`, err: '' })
  })

  test('answers wrong usage on stderr with 2, before anything is opened', async () => {
    const wrong = await admin(['account', 'create', 'nobody', '--kind', 'sub', '--password-stdin'], password, {
      DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    })
    expect(wrong).toEqual({ code: 2, out: '', err: 'error: --kind sub needs --master <username>\n' })
  })

  test.each([
    ['account'],
    ['account list extra'],
    ['account create name'],
    ['region rename cn-both'],
    ['quota set name region'],
    ['quota set name region -1'],
    ['quota set name region 1.5'],
    ['quota set name region 1000001'],
    ['quota set name region 5 --bytes many'],
    ['quota set name region 5 --bytes 2000TiB'],
    ['image import file --account a --region r --name n'],
    ['share list'],
    ['verify --contents'],
  ])('takes "%s" for wrong usage and runs nothing', async (words) => {
    const program = buildCommands(() => Promise.reject(new Error('It ran.')))
    program.configureOutput({ writeErr: () => {} })
    for (const command of program.commands) {
      for (const each of [command, ...command.commands]) each.configureOutput({ writeErr: () => {} })
    }
    const ended = program.parseAsync(words.split(' '), { from: 'user' })
    await expect(ended).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) })
  })

  test('without DATABASE_URL starts the embedded database for its own duration, with all tables', async () => {
    const data = path.join(folder, 'data')
    const listed = await admin(['region', 'list', '--json'], '', { DATABASE_URL: '', ECS_DATA_DIR: data })
    expect(listed).toEqual({ code: 0, out: '[]\n', err: '' })
    expect(fs.existsSync(path.join(data, 'postgres/data/postmaster.pid'))).toBe(false)
    expect(fs.existsSync(path.join(data, 'postgres/postmaster.pid'))).toBe(false)
  })
})

const isNormalised = (await findDiskTool()) !== null
const written = { size: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }

describe('importing', () => {
  test('prints the image as it is documented, once it is available', async () => {
    const words = ['--account', made.owner.username, '--region', made.region, '--name', 'web-01', '--os', 'Debian 12']
    const ended = await admin(['image', 'import', made.disk.file, ...words, '--json'])
    expect(ended).toMatchObject({ code: 0, err: '' })
    const image = JSON.parse(ended.out)
    expect(image).toEqual({
      id: expect.stringMatching(/^img-[a-z0-9]{10}$/),
      name: 'web-01',
      state: 'available',
      region: made.region,
      owner: made.owner.username,
      format: 'qcow2',
      virtualSize: made.disk.virtualSize,
      ...(isNormalised ? written : { size: made.disk.size, sha256: made.disk.sha256 }),
      os: 'Debian 12',
      tags: [],
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(await showImages(made.owner.username)).toMatchObject({ value: { json: [image] } })
  })

  test('refuses a disk with a backing file with its sentence, and keeps neither bytes nor a quota place', async () => {
    const [before, quotas] = [storedFiles(), await showQuotas(made.owner.username)]
    const words = ['--account', made.owner.username, '--region', made.region, '--name', 'evil', '--os', 'Linux']
    expect(await admin(['image', 'import', made.hostile, ...words, '--json'])).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^The disk refers to a backing file, .* Flatten it with qemu-img convert/),
    })
    expect(storedFiles()).toEqual(before)
    expect(await showQuotas(made.owner.username)).toEqual(quotas)
  })

  test('interrupted by Ctrl-C, even twice, leaves a failed image and no bytes', async () => {
    const [before, file] = [storedFiles(), path.join(folder, 'large.img')]
    fs.writeFileSync(file, '')
    fs.truncateSync(file, 8 * 2 ** 30)
    const words = ['--account', made.owner.username, '--region', made.region, '--name', 'large', '--os', 'Linux']
    const { pid, ended } = start(['image', 'import', file, ...words])
    await untilTrue(() => storedFiles().some((name) => name.includes('img-')))
    if (pid) for (const signal of ['SIGINT', 'SIGINT'] as const) process.kill(pid, signal)
    expect(await ended).toEqual({ code: 130, out: '', err: 'Interrupted: nothing was left half done.\n' })
    expect(storedFiles()).toEqual(before)
    const images = await showImages(made.owner.username)
    expect(images).toMatchObject({
      value: { json: expect.arrayContaining([expect.objectContaining({ name: 'large', state: 'failed' })]) },
    })
  })

  test('refuses a folder or a missing file before it takes a quota place', async () => {
    const words = { account: made.owner.username, region: made.region, name: 'none', os: 'Linux' }
    const never = new AbortController().signal
    await expect(importFile({ ...words, file: folder }, never)).rejects.toThrow('Name the file of a disk.')
    await expect(importFile({ ...words, file: '/none' }, never)).rejects.toThrow('cannot be read: there is none')
    expect(JSON.stringify(await showImages(made.owner.username))).not.toContain('"none"')
  })
})

describe('the operator', () => {
  test('names the wrong field, and creates nothing', async () => {
    const words = { login: 'nova', master: null, displayName: null, email: '', password }
    expect(refused(await addAccount({ ...words, password: 'too short' }))).toMatch(/^password: .* 10 to 128/)
    expect(refused(await addAccount({ ...words, login: 'no va' }))).toMatch(/^username: /)
    expect(refused(await addAccount({ ...words, email: 'nowhere' }))).toMatch(/^email: /)
    expect(refused(await addAccount({ ...words, displayName: 'a\u202eb' }))).toMatch(/^display name: /)
    expect(refused(await addAccount({ ...words, master: 'nobody' }))).toBe('There is no account with this name.')
    expect(refused(await addRegion('api', 'Ours'))).toMatch(/^id: /)
    expect(refused(await addRegion('eu-west', 'a\u202eb'))).toMatch(/^name: /)
  })

  test('sets a quota below its use only with --force, and removes nothing', async () => {
    const { image } = await imported(made, 'quota-owner')
    const words = { username: 'quota-owner', region: made.region, amounts: { images: 0 }, forced: false }
    expect(refused(await changeQuotas(words))).toMatch(/^1 image is used/)
    expect(await changeQuotas({ ...words, forced: true })).toMatchObject({ value: { json: { quota: 0, used: 1 } } })
    const bytes = { ...words, amounts: { images: 5, bytes: image.size - 1 } }
    const refusal = { code: 'BYTES_QUOTA_BELOW_USE', used: image.size }
    expect(await changeQuotas(bytes)).toEqual({ ok: false, refusal })
    const set = { bytesQuota: image.size - 1, bytesUsed: image.size }
    expect(await changeQuotas({ ...bytes, forced: true })).toMatchObject({ value: { json: set } })
    // Quotas that are not named stay.
    expect(await changeQuotas({ ...words, forced: true })).toMatchObject({ value: { json: set } })
    expect(await verify()).toContainEqual(expect.objectContaining({ severity: 'note', kind: 'quota' }))
    expect(await showImages('quota-owner')).toMatchObject({ value: { json: [{ id: image.id, state: 'available' }] } })
  })

  test('lists and cancels shares, and deletes a shared image only together with its shares', async () => {
    const { image, owner } = await imported(made, 'sharer')
    const [first] = await shared(made, image.id, owner, ['first', 'second'])
    const listed = await showShares(image.id)
    expect(listed).toMatchObject({ value: { json: [{ imageId: image.id }, { sharedBy: 'sharer' }] } })
    expect(await endShare(first ?? '')).toMatchObject({ ok: true })
    expect(refused(await endShare(first ?? ''))).toMatch(/^This share has ended/)
    expect(refused(await removeImageNow(image.id, { cancelShares: false, isForGood: true }))).toMatch(
      /^The image is shared with 1 account/,
    )
    expect(await removeImageNow(image.id, { cancelShares: true, isForGood: true })).toMatchObject({
      value: { notes: [] },
    })
    expect(storedFiles().filter((name) => name.includes(image.id))).toEqual([])
    expect(refused(await showShares(image.id))).toMatch(/^There is no such image/)
  })

  test('ends sessions by command, by a new password and by disabling the account', async () => {
    const { owner } = await imported(made, 'signed-in')
    const name = { username: owner.username, password }
    const again = () => signIn({ key: 'test', isKnownBrowser: false }, name, { now: new Date(), replaced: null })
    const left = () => endSessionsOf(owner.username)
    await resetPassword(owner.username, password)
    await Promise.all([again(), again()])
    expect(await left()).toMatchObject({ value: { json: { sessionsEnded: 2 } } })
    await again()
    await resetPassword(owner.username, password)
    expect(await left()).toMatchObject({ value: { json: { sessionsEnded: 0 } } })
    await again()
    await switchAccount(owner.username, true)
    expect(await left()).toMatchObject({ value: { json: { sessionsEnded: 0 } } })
    expect(await again()).toEqual({ status: 'refused' })
    expect(refused(await endSessionsOf('nobody'))).toBe('There is no account with this name.')
  })
})
