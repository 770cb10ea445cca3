import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { requestCheck } from '@/lib/checks/writes'
import { getCleanForm } from '@/lib/clean-copies/reads'
import { beginCleanCopy } from '@/lib/clean-copies/writes'
import { db } from '@/lib/db/client'
import { checkGuest } from '@/lib/disks/check'
import { openFileBlocks } from '@/lib/disks/guest/blocks'
import { openQcow2 } from '@/lib/disks/guest/qcow2-blocks'
import { env } from '@/lib/env'
import { bootUntil } from '@/lib/testing/boot-disk'
import { account, region, storedQcow2 } from '@/lib/testing/builders'
import { fillServer, makeServerDisk, makeServerParts, serverSign, whyNoServer } from '@/lib/testing/server-disk'
import { checkJob } from './check'
import { transferJob } from './transfer'

// A complete server, from Debian's packages to the machine that boots from its clean copy.

const folder = await mkdtemp(path.join(os.tmpdir(), 'ecs-console-server-'))
afterAll(async () => await rm(folder, { recursive: true }))
const missing = whyNoServer()
const note = missing ? ` (skipped: ${missing})` : ''

const mib = 2 ** 20

/** Which of these texts are in the file of a qcow2 disk or in its guest-visible content. */
function textsIn(file: string, texts: readonly string[]): string[] {
  const bytes = openFileBlocks(file)
  const found = new Set<string>()
  for (const blocks of [bytes, openQcow2(bytes)]) {
    for (let at = blocks.skipHole(0); at < blocks.size; at = blocks.skipHole(at + mib)) {
      const piece = blocks.read(at, Math.min(mib + 128, blocks.size - at))
      for (const text of texts) if (piece.includes(text)) found.add(text)
    }
  }
  bytes.close()
  return [...found]
}

async function fileOf(imageId: string): Promise<string> {
  const { blob, regionId } = await db().image.findUniqueOrThrow({ where: { id: imageId }, include: { blob: true } })
  return path.join(env().ECS_DATA_DIR, 'stores', regionId, blob ? blobKey(blob) : '')
}

const foundIn = async (sha256: string) => {
  const check = await db().check.findUniqueOrThrow({ where: { sha256 }, include: { found: true } })
  const found = check.found.map(({ rule, path: where, partition }) => ({ rule, path: where, partition }))
  return { state: check.state, reason: check.reason, found }
}

test.skipIf(missing !== null)(
  `nothing is found on a Debian server but its own certificate; the clean copy of a used one has none of its secrets, and boots${note}`,
  async (context) => {
    const parts = await makeServerParts(folder)
    if (!parts) return context.skip('the packages of the server cannot be had')
    const untouched = await makeServerDisk(parts, 'untouched')
    const options = { deep: true, signal: new AbortController().signal, onProgress: () => {} }
    const certificate = { rule: 'ssh-private-key', path: 'etc/ssl/private/ssl-cert-snakeoil.key', partition: 1 }
    const report = await checkGuest({ path: untouched, format: 'qcow2' }, options)
    expect(report.findings).toMatchObject([certificate])
    expect(report.reason).toBeNull()
    await rm(untouched)

    const { secrets, left, deleted, id } = await fillServer(parts)
    const disk = await makeServerDisk(parts, 'used', [deleted])
    expect(textsIn(disk, secrets).sort()).toEqual([...secrets].sort())
    const [here, owner] = await Promise.all([region(), account()])
    const { imageId, sha256 } = await storedQcow2(owner, here, disk)
    await requestCheck(owner.ctx, { region: here, imageId, isDeep: true })
    await checkJob({ sha256 }, true)
    const { found, ...before } = await foundIn(sha256)
    expect(before).toEqual({ state: 'findings', reason: null })
    const expected = [...left, certificate].map(({ rule, path: where }) => ({ rule, path: where, partition: 1 }))
    for (const one of [...expected, { rule: 'deleted-secret', path: '', partition: 1 }])
      expect(found).toContainEqual(one)
    expect(found).toHaveLength(expected.length + 1)

    const form = await getCleanForm(owner.ctx, { region: here, imageId })
    const chosen = form?.items.map(({ id: finding }) => finding) ?? []
    const wanted = { region: here, imageId, name: 'clean', findings: chosen, isReset: true }
    const begun = await beginCleanCopy(owner.ctx, wanted)
    if (!begun.ok) throw new Error(begun.refusal.code)
    const { imageId: copy } = begun.value
    await transferJob({ imageId: copy }, true)
    const made = await db().image.findUniqueOrThrow({ where: { id: copy } })
    expect(made).toMatchObject({ state: 'available', source: 'CLEAN', failure: null })
    await checkJob({ sha256: made.sha256 ?? '' }, true)
    expect(await foundIn(made.sha256 ?? '')).toEqual({ state: 'clean', reason: null, found: [] })
    expect(textsIn(await fileOf(copy), secrets)).toEqual([])

    const said = await bootUntil(await fileOf(copy), [serverSign, 'server login:'], 512)
    const [, newId] = said.split(serverSign)
    expect(newId).toMatch(/^[0-9a-f]{32}\s/)
    expect(newId).not.toContain(id)
  },
)
