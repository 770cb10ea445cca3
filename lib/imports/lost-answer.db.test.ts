import net from 'node:net'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { storeOf } from '@/lib/stores/store'
import { importImage } from '@/lib/tasks/import-image'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { account, leasesAge, region } from '@/lib/testing/builders'
import { leaseMs } from '@/lib/transfers/rules'

/**
 * A proxy to the database that breaks once: the server commits the transaction in which `word` was sent, but its response is lost. So
 * the client cannot know whether it was committed.
 */
async function breakingWire(url: URL, word: string): Promise<URL> {
  let isWhole = true
  const server = net.createServer((client) => {
    const database = net.connect(Number(url.port), url.hostname)
    let isMeant = false
    let isCommitting = false
    client.on('data', (sent) => {
      if (isWhole && sent.includes(word)) isMeant = true
      if (isMeant && sent.includes('COMMIT')) isCommitting = true
      database.write(sent)
    })
    database.on('data', (answer) => {
      if (!isCommitting || !isWhole) return void client.write(answer)
      isWhole = false
      client.destroy()
      database.destroy()
    })
    for (const [end, other] of [
      [client, database],
      [database, client],
    ] as const) {
      end.on('error', () => {})
      end.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const address = server.address()
  const wire = new URL(url)
  if (address && typeof address === 'object') wire.port = String(address.port)
  wire.hostname = '127.0.0.1'
  return wire
}

test('an import whose last commit is unconfirmed never leaves an available image without bytes', async () => {
  const wire = await breakingWire(new URL(process.env.DATABASE_URL ?? ''), 'available')
  process.env.DATABASE_URL = wire.href
  const [here, owner] = [await region(), await account()]
  const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
  const disk = buildRawDisk({ sizeMib: 4, label: 'DEBIAN', seed: 1 })
  const imported = importImage(owner.ctx, input, { open: () => Readable.from([disk]) })
  await imported.then(
    (result) => expect(result.ok).toBe(true),
    () => {},
  )
  await leasesAge(2 * leaseMs)
  await sweepImages(new Date())
  const row = await db().image.findFirstOrThrow({ where: { ownerId: owner.id }, include: { blob: true } })
  const stored = row.blob && (await storeOf(here).stat(blobKey(row.blob)))
  const size = row.state === 'available' ? Number(row.size) : null
  expect(['available', 'failed', 'importing']).toContain(row.state)
  if (row.state !== 'importing') expect(stored?.size ?? null).toBe(size)
})
