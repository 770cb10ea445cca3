import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buildFat16 } from '@/lib/disks/samples/fat16'
import { beginImport } from '@/lib/imports/writes'
import { storeOf } from '@/lib/stores/store'
import { claimPlace, settleTransfer } from '@/lib/transfers/writes'
import type { TestAccount } from './builders'

/** A secret like no other, for a test that looks where it has been written. */
export function newSecret(): string {
  return randomBytes(36).toString('base64').replaceAll('+', 'A').replaceAll('/', 'B')
}

/** A disk with the private key of a server on it, whose body has these characters. */
export function plantedDisk(secret: string): Buffer {
  const body = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${secret}`
  const text = `-----BEGIN PRIVATE KEY-----\n${body.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`
  const volume = { sectors: 8192, hiddenSectors: 0, label: 'PLANTED', serial: 7 }
  return buildFat16({ ...volume, files: [{ name: 'SERVER.KEY', text }] })
}

/** An image with this raw disk in the store of its region. Nothing has been checked. */
export async function storedRaw(owner: TestAccount, regionId: string, disk: Buffer) {
  const sha256 = createHash('sha256').update(disk).digest('hex')
  const content = { format: 'raw' as const, virtualSize: disk.length, size: disk.length, sha256 }
  const begun = await beginImport(owner.ctx, { region: regionId, name: 'planted', operatingSystem: 'Debian 12' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const work = { imageId, holder: null }
  const place = await claimPlace(owner.ctx, work, content, { isNormalised: true })
  if (place.ok && !place.value.isThere)
    await storeOf(regionId).put(place.value.key, Readable.from([disk]), { size: disk.length })
  await settleTransfer(owner.ctx, work, content)
  return { imageId, sha256 }
}
