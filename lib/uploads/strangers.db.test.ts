import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { listUnfinishedUploads } from '@/lib/imports/reads'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { stagedFile } from '@/lib/stores/staging'
import { transferJob } from '@/lib/tasks/transfer'
import { account, held, quota, region, type TestAccount } from '@/lib/testing/builders'
import { ask, created, offsetOf, patch, patchHeaders, refusalOf } from './fixtures/requests'

const small = buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'SMALL', seed: 2 }) })
const received = { size: 1, sha256: null, claimedSha256: null }
const rowOf = async (id: string) => await db().image.findUnique({ where: { id }, include: { transfer: true } })

async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  return { here, owner }
}

describe('nobody else’s upload can be read or changed', () => {
  const missing = 'img-0000000000'

  async function answers(who: TestAccount | null, imageId: string) {
    const all = [
      await ask(who, 'HEAD', `/${imageId}`),
      await patch(who, imageId, 0, 'bytes'),
      await ask(who, 'DELETE', `/${imageId}`),
    ]
    return await Promise.all(
      all.map(async (answer) => [answer.status, [...answer.headers].sort(), await answer.text()]),
    )
  }

  test('to a stranger, another master’s sub-account and a recipient it does not exist', async () => {
    const { here, owner } = await tenant()
    const [stranger, recipient] = [await account(), await account()]
    const othersSub = await account({ master: stranger })
    await quota(owner, here, 2)
    const lent = await created(owner, { region: here, size: small.length })
    await patch(owner, lent, 0, small)
    await transferJob({ imageId: lent }, true)
    await held(lent, recipient)
    const imageId = await created(owner, { region: here, size: 100 })
    for (const who of [stranger, othersSub, recipient]) {
      expect(await answers(who, lent)).toEqual(await answers(who, missing))
      const told = await answers(who, imageId)
      expect(told.map(([status]) => status)).toEqual([404, 404, 404])
      expect(told).toEqual(await answers(who, missing))
    }
    expect((await answers(null, imageId)).map(([status]) => status)).toEqual([401, 401, 401])
    for (const wrong of ['..%2f..%2fetc', 'img-0000000000.qcow2', '', '/x']) {
      expect((await ask(owner, 'HEAD', `/${wrong}`)).status).toBe(404)
    }
    expect([await offsetOf(owner, imageId), await rowOf(imageId)]).toMatchObject([0, { state: 'importing' }])
  })

  test('no URL that names two uploads allows writing to another account’s', async () => {
    const [{ here, owner }, other] = [await tenant(), await account()]
    const theirs = await created(owner, { region: here, size: small.length })
    await patch(owner, theirs, 0, small.subarray(0, 1_000))
    const mine = await created(other, { region: here, size: 2_000 })
    for (const address of [`/${mine}?/${theirs}`, `/${mine}?${theirs}`, `/${mine}#/${theirs}`]) {
      const headers = patchHeaders(1_000)
      expect((await ask(other, 'PATCH', address, { headers, body: Buffer.alloc(1_000) })).status).toBe(409)
      expect((await ask(other, 'HEAD', address)).headers.get('upload-offset')).toBe('0')
    }
    expect((await ask(other, 'HEAD', `/${mine}/${theirs}`)).status).toBe(404)
    expect(await readFile(stagedFile(theirs))).toEqual(small.subarray(0, 1_000))
    const ended = await endReceiving(other.ctx, { imageId: theirs, holder: null }, received)
    expect(ended).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
  })

  test('nobody can send bytes to an import by the command line', async () => {
    const { here, owner } = await tenant()
    const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
    const arrival = { patienceMs: 60_000, fileName: 'web-01.qcow2', size: small.length, holder: 'the command line' }
    const begun = await beginImport(owner.at(new Date()), input, arrival)
    const imageId = begun.ok ? begun.value.imageId : ''
    await writeFile(stagedFile(imageId), small.subarray(0, 100))
    expect(await listUnfinishedUploads(owner.ctx, { region: here })).toEqual({ items: [] })
    expect(await offsetOf(owner, imageId)).toBe(null)
    expect((await patch(owner, imageId, 100, small.subarray(100))).status).toBe(404)
  })

  test('an account that is disabled during an upload gets no image', async () => {
    const { here, owner } = await tenant()
    const imageId = await created(owner, { region: here, size: small.length })
    await db().account.update({ where: { id: owner.id }, data: { disabledAt: new Date() } })
    expect(await refusalOf(await patch(owner, imageId, 0, small))).toEqual([401, { code: 'SIGNED_OUT' }])
    expect(await rowOf(imageId)).toMatchObject({ state: 'importing', transfer: { step: 'RECEIVE' } })
  })

  test("a sub-account can continue its master's upload", async () => {
    const { here, owner } = await tenant()
    const sub = await account({ master: owner })
    const imageId = await created(owner, { region: here, size: small.length })
    expect((await patch(sub, imageId, 0, small)).status).toBe(204)
    expect(await rowOf(imageId)).toMatchObject({ transfer: { step: 'CHECK' } })
  })
})
