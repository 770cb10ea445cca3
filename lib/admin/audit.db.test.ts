import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Prisma } from '@/lib/db/generated/client'
import { unpacked } from '@/lib/testing/archive'
import { signChains, tamper, tenant } from '@/lib/testing/builders-audit'
import { admin, start } from './admin-fixture'

const folder = await mkdtemp(path.join(tmpdir(), 'audit-'))
afterAll(() => rm(folder, { recursive: true }))

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

it('exports a trail with its checkpoints; an exported checkpoint proves what was removed together with its checkpoint', async () => {
  const owner = await tenant(4)
  await signChains()
  const [zip, kept] = [path.join(folder, 'audit.zip'), path.join(folder, 'kept.jsonl')]
  expect(await admin(['audit', 'export', owner.username, zip])).toMatchObject({ code: 0, err: '' })
  const files = unpacked(await readFile(zip))
  expect(linesOf(files.get('entries.jsonl')?.toString() ?? '')).toHaveLength(4)
  expect((await admin(['audit', 'export', owner.username, zip])).code).toBe(1)
  const checkpoints = await admin(['audit', 'checkpoints', owner.username])
  expect(linesOf(checkpoints.out)).toMatchObject([{ accountId: owner.id, seq: '4' }])
  await writeFile(kept, checkpoints.out)
  const verified = ['audit', 'verify', owner.username, '--checkpoints', kept]
  expect(await admin(verified)).toMatchObject({ code: 0, out: expect.stringContaining('4 entries') })
  await tamper(
    Prisma.sql`DELETE FROM "Event" WHERE "ownerId" = ${owner.id}`,
    Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${owner.id} AND seq > 3`,
    Prisma.sql`DELETE FROM "AuditCheckpoint" WHERE "accountId" = ${owner.id}`,
    Prisma.sql`DELETE FROM "AuditChain" WHERE "accountId" = ${owner.id}`,
  )
  const broken = await admin(['audit', 'verify', owner.username, '--json'])
  expect(broken.code).toBe(1)
  expect(JSON.parse(broken.out)).toMatchObject([
    { username: owner.username, fault: { kind: 'event-removed', seq: '1' } },
  ])
})

it('continues from its position, and repeats entries rather than omit one', async () => {
  const owner = await tenant(3)
  const state = path.join(folder, 'state.json')
  const ofOwner = (text: string) => linesOf(text).filter(({ accountId }) => accountId === owner.id)
  const once = ['audit', 'follow', '--state', state, '--once']
  const first = await admin(once)
  expect(ofOwner(first.out).map(({ seq, account }) => [seq, account])).toEqual(
    ['1', '2', '3'].map((seq) => [seq, owner.username]),
  )
  expect((await admin(once)).out).toBe('')
  // As if it had been killed after writing an entry, before recording its position.
  const places = JSON.parse(await readFile(state, 'utf8'))
  await writeFile(state, JSON.stringify({ ...places, [owner.id]: '2' }))
  expect(ofOwner((await admin(once)).out).map(({ seq }) => seq)).toEqual(['3'])
  await writeFile(state, 'nonsense')
  const refused = await start(once).ended
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('state.json') })
})
