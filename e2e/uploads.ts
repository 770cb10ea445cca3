import { createHash, randomBytes, randomInt } from 'node:crypto'
import { appendFile, writeFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { expect, messages, row, unique } from './fixtures'

const region = 'cn-shanghai'
export const words = messages.en.import
export const sizeMib = Number(process.env.ECS_UPLOAD_TEST_MIB ?? 12)

/** A disk file on this machine, to be chosen in the form. */
export async function diskFile(folder: { outputPath: (name: string) => string }) {
  const begin = buildRawDisk({ sizeMib: Math.min(sizeMib, 12), label: 'UPLOAD', seed: randomInt(1e6) })
  const name = unique('disk')
  const file = folder.outputPath(`${name}.img`)
  await writeFile(file, begin)
  const hash = createHash('sha256').update(begin)
  // A larger disk is random after its partitions, so that it does not compress.
  for (let at = 12; at < sizeMib; at += 1) {
    const more = randomBytes(2 ** 20)
    hash.update(more)
    await appendFile(file, more)
  }
  return { file, name, sha256: hash.digest('hex') }
}

/** Controls a page's network: slow, so that an upload can be seen in progress, then cut, then restored. */
export async function networkOf(page: Page) {
  const client = await page.context().newCDPSession(page)
  const set = (offline: boolean, uploadThroughput: number) =>
    client.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput })
  const narrow = (sizeMib / 12) * 2 ** 20
  return {
    narrow: () => set(false, narrow),
    /** So slow that even a busy machine sees an upload in progress. */
    nearlyShut: () => set(false, narrow / 8),
    // A running request stays slow; the next chunk finds no network.
    cut: () => set(true, narrow / 8),
    mend: () => set(false, -1),
  }
}

const progressOf = (page: Page, name: string) => page.getByRole('progressbar', { name: `Upload of ${name}` })
export const percentOf = async (page: Page, name: string) =>
  Number(await progressOf(page, name).getAttribute('aria-valuenow'))

export async function choose(page: Page, file: string): Promise<void> {
  await page.getByLabel('File', { exact: true }).setInputFiles(file)
}

/** Begins an upload in the form, and returns when a chunk has arrived. The rest takes minutes, until the network is restored. */
export async function begun(page: Page, disk: { file: string; name: string }) {
  await page.goto(`/${region}/images/import`)
  const network = await networkOf(page)
  await network.narrow()
  await choose(page, disk.file)
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(disk.name)
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect.poll(() => percentOf(page, disk.name)).toBeGreaterThanOrEqual(15)
  await network.nearlyShut()
  const { id } = await db().image.findFirstOrThrow({ where: { name: disk.name } })
  return { imageId: id, network }
}

export async function expectAvailable(
  page: Page,
  disk: { name: string; sha256: string },
  patient: { timeout?: number } = {},
): Promise<void> {
  // Wait through check, conversion and storing; the row follows its image.
  await expect(page.getByRole('listitem', { name: disk.name })).toContainText('Available', patient)
  await page.getByRole('link', { name: words.toImages }).click()
  await expect(row(page.getByRole('table', { name: /Custom images/ }), disk.name)).toContainText('Available', patient)
  const stored = await db().image.findMany({ where: { name: disk.name } })
  expect(stored).toMatchObject([{ state: 'available', originSha256: disk.sha256, claimedSha256: disk.sha256 }])
}
