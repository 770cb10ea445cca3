import { readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { db } from '@/lib/db/client'
import { account, quota, region } from '@/lib/db/test-fixtures'
import { buildRawDisk } from '@/lib/disks/samples'
import { finishImportJob } from '@/lib/jobs/finish-import'
import { stagedFile } from '@/lib/stores/staging'
import { otherServer } from './fixtures/other-server'
import { created, offsetOf, patch, patchHeaders, sha256 } from './fixtures/requests'

const disk = buildRawDisk({ sizeMib: 16, label: 'KILL', seed: 77 })
const pieceBytes = 65_536

/** The rest of the disk from an offset on, which stalls once so many bytes have been taken. */
function stallingFrom(offset: number, after: number): ReadableStream<Uint8Array> {
  let at = offset
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at - offset >= after) return await new Promise(() => {})
      controller.enqueue(new Uint8Array(disk.subarray(at, at + pieceBytes)))
      at += pieceBytes
    },
  })
}

test('a server that is killed in the middle of an upload, again and again, keeps what has arrived and loses no place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  const imageId = await created(owner, { region: here, size: disk.length })
  let offset = 0
  for (let round = 1; round <= 4; round++) {
    const server = await otherServer(owner)
    const url = `http://127.0.0.1:${server.port}/api/uploads/${imageId}`
    const sending = fetch(url, {
      method: 'PATCH',
      headers: patchHeaders(offset),
      body: stallingFrom(offset, round * 16 * pieceBytes),
      ...{ duplex: 'half' },
    }).catch(() => null)
    const before = offset
    await expect.poll(async () => (await stat(stagedFile(imageId))).size, { timeout: 20_000 }).toBeGreaterThan(before)
    await server.kill()
    await sending
    // Its lock is free with its connection, and every byte that it has written is still the disk's.
    await expect.poll(() => offsetOf(owner, imageId), { timeout: 20_000 }).toBeGreaterThan(before)
    offset = (await offsetOf(owner, imageId)) ?? 0
    expect((await readFile(stagedFile(imageId))).equals(disk.subarray(0, offset))).toBe(true)
    expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ state: 'importing' })
  }
  expect((await patch(owner, imageId, offset, new Uint8Array(disk.subarray(offset)))).status).toBe(204)
  await finishImportJob({ imageId }, true)
  const image = await db().image.findUnique({ where: { id: imageId } })
  expect(image).toMatchObject({ state: 'available', originSha256: sha256(disk) })
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(1)
  expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
}, 120_000)
