import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { signingKey } from '@/lib/auth/signing-key'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { archiveParts } from '@/lib/file-stream'
import { ok } from '@/lib/result'
import { unpacked } from '@/lib/testing/archive'
import { account, later, minutes, type TestAccount } from '@/lib/testing/builders'
import { signChains, tenant } from '@/lib/testing/builders-audit'
import { auditRows, listAudit } from './reads'
import { entryArray, entryTable, proofFiles } from './reads-export'
import { auditParams } from './schema'

const listed = async (who: TestAccount, asked: Record<string, string>) =>
  (await listAudit(who.ctx, auditParams.parse(asked))).items.map(({ action }) => action)

/** A tenant with events of three days, two people and three kinds of resources. */
async function busyTenant() {
  const owner = await account()
  const [sub, recipient] = [await account({ master: owner }), await account()]
  const image = { id: 'img-0123456789', name: '100%_web' }
  const [first, second, third] = [owner.ctx, sub.at(later(minutes(24 * 60))), owner.at(later(minutes(48 * 60)))]
  const record = async (ctx: TestAccount['ctx'], event: Parameters<typeof recordEvents>[2][number]) =>
    await inTransaction(async (tx) => ok(await recordEvents(tx, ctx, [event])))
  await record(first, { action: 'image.update', image })
  await record(second, { action: 'share.create', image, recipient })
  await record(third, { action: 'session.end', details: { sessionsEnded: 2 } })
  return { owner, sub, recipient, image }
}

describe('the list', () => {
  it('is filtered by each parameter of its URL, alone and together', async () => {
    const { owner, sub, recipient, image } = await busyTenant()
    const all = ['session.end', 'share.create', 'image.update']
    expect(await listed(owner, {})).toEqual(all)
    expect(await listed(owner, { account: sub.username.toUpperCase() })).toEqual(['share.create'])
    expect(await listed(owner, { action: 'share' })).toEqual(['share.create'])
    expect(await listed(owner, { action: 'image.update' })).toEqual(['image.update'])
    expect(await listed(owner, { q: image.id })).toEqual(['share.create', 'image.update'])
    expect(await listed(owner, { q: '100%_' })).toEqual(['share.create', 'image.update'])
    expect(await listed(owner, { q: '100x' })).toEqual([])
    expect(await listed(owner, { q: recipient.username })).toEqual(['share.create'])
    // The day in Shanghai, including both ends.
    expect(await listed(owner, { from: '2026-03-11', until: '2026-03-11' })).toEqual(['share.create'])
    expect(await listed(owner, { from: '2026-03-11', account: owner.username })).toEqual(['session.end'])
    expect(await listed(owner, { from: 'yesterday', until: '2026-02-31', action: 'nonsense.all', size: '7' })).toEqual(
      all,
    )
    expect(await listed(recipient, {})).toEqual(['share.create'])
    expect(await listed(await account(), {})).toEqual([])
  })

  it('pages forward and backward without a gap', async () => {
    const owner = await tenant(60)
    const first = await listAudit(owner.ctx, auditParams.parse({}))
    expect(first.range).toEqual({ from: 1, total: 60 })
    const second = await listAudit(owner.ctx, auditParams.parse({ after: first.next }))
    const third = await listAudit(owner.ctx, auditParams.parse({ after: second.next }))
    expect([...first.items, ...second.items, ...third.items].map(({ seq }) => Number(seq))).toEqual(
      Array.from({ length: 60 }, (_, index) => 60 - index),
    )
    const back = await listAudit(owner.ctx, auditParams.parse({ before: third.prev }))
    expect(back.items).toEqual(second.items)
  })
})

describe('an export', () => {
  const folders: string[] = []
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true })
  })

  async function written(who: TestAccount): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'audit-'))
    folders.push(folder)
    for (const { name, parts } of await proofFiles(who.id)) {
      let text = ''
      for await (const part of parts) text += part
      await writeFile(path.join(folder, name), text)
    }
    return folder
  }

  /** Runs the script of the export as an auditor does, without the console. */
  async function proved(folder: string, ...args: string[]): Promise<{ code: number; said: string }> {
    const script = path.join(folder, 'verify-audit.mjs')
    const ended = promisify(execFile)(process.execPath, [script, folder, ...args], { cwd: tmpdir() })
    return await ended.then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        said: `${error.stdout}${error.stderr}`,
      }),
    )
  }

  const edited = async (folder: string, file: string, edit: (lines: string[]) => string[]) => {
    const name = path.join(folder, file)
    const lines = (await readFile(name, 'utf8')).trimEnd().split('\n')
    await writeFile(name, `${edit(lines).join('\n')}\n`)
  }

  it('verifies itself, and only with the expected key', async () => {
    const owner = await tenant(5)
    await signChains()
    const { id } = await signingKey()
    const folder = await written(owner)
    expect(await proved(folder, id)).toMatchObject({ code: 0, said: expect.stringContaining('5 entries') })
    expect(await proved(folder)).toMatchObject({
      code: 3,
      said: expect.stringContaining(`key ${id} proves the first 5`),
    })
    expect(await proved(folder, '0123456789abcdef')).toMatchObject({ code: 1, said: expect.stringContaining(id) })
  })

  it('tells by its exit code that entries are not proven: newer than the last checkpoint, or without a key yet', async () => {
    const owner = await tenant(5)
    await signChains()
    const { id } = await signingKey()
    await inTransaction(async (tx) => ok(await recordEvents(tx, owner.ctx, [{ action: 'session.end' }])))
    expect(await proved(await written(owner), id)).toMatchObject({ code: 3, said: expect.stringContaining('first 5') })
    const folder = await written(owner)
    await writeFile(path.join(folder, 'checkpoints.jsonl'), '')
    await writeFile(path.join(folder, 'public-key.pem'), '')
    expect(await proved(folder)).toMatchObject({ code: 3, said: expect.stringContaining('No checkpoint') })
  })

  it('that was changed, cut, reordered or forged is refused, and the entry is named', async () => {
    const owner = await tenant(5)
    await signChains()
    const at = (lines: string[], index: number) => lines[index] ?? ''
    const cases: [file: string, edit: (lines: string[]) => string[], said: string][] = [
      ['entries.jsonl', (lines) => lines.with(2, at(lines, 2).replace('name 2', 'name 9')), 'Entry 3 was changed'],
      ['entries.jsonl', (lines) => lines.toSpliced(1, 1), 'Entry 2 is missing'],
      ['entries.jsonl', (lines) => lines.slice(0, 4), 'Entry 5 and those after it are missing'],
      ['entries.jsonl', (lines) => [at(lines, 1), at(lines, 0), ...lines.slice(2)], 'Entry 1 is missing'],
      ['checkpoints.jsonl', (lines) => lines.map((line) => line.replace('"seq":"5"', '"seq":"4"')), 'is forged'],
    ]
    for (const [file, edit, said] of cases) {
      const folder = await written(owner)
      await edited(folder, file, edit)
      expect(await proved(folder), said).toMatchObject({ code: 1, said: expect.stringContaining(said) })
    }
  })

  it('is a ZIP archive that other programs open, and ends when its reader leaves', async () => {
    const owner = await tenant(3)
    const chunks: Uint8Array[] = []
    for await (const chunk of archiveParts(await proofFiles(owner.id))) chunks.push(chunk)
    const files = unpacked(Buffer.concat(chunks))
    for (const { name, parts } of await proofFiles(owner.id)) {
      let text = ''
      for await (const part of parts) text += part
      expect(files.get(name)?.toString(), name).toBe(text)
    }
    let hasEnded = false
    async function* endless() {
      try {
        for (;;) yield 'x'.repeat(10_000)
      } finally {
        hasEnded = true
      }
    }
    for await (const _ of archiveParts([{ name: 'endless', parts: endless() }])) break
    expect(hasEnded).toBe(true)
  })

  it('of a filtered list has its entries as CSV and as JSON', async () => {
    const { owner, image } = await busyTenant()
    const filters = auditParams.parse({ q: image.id })
    const textOf = async (parts: AsyncGenerator<string>) => {
      let text = ''
      for await (const part of parts) text += part
      return text
    }
    const entries = JSON.parse(await textOf(entryArray(auditRows(owner.ctx, filters))))
    expect(entries).toMatchObject([{ seq: '2' }, { seq: '1', imageName: image.name, actorName: owner.username }])
    expect((await textOf(entryTable(auditRows(owner.ctx, filters)))).trimEnd().split('\r\n')).toHaveLength(3)
    const none = auditParams.parse({ q: 'nothing' })
    expect(JSON.parse(await textOf(entryArray(auditRows(owner.ctx, none))))).toEqual([])
  })
})
