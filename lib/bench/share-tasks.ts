import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { dailySharesMax, recipientsMax, shareDay } from '@/lib/shares/rules'
import { checkedContent } from '@/lib/testing/builders-checks'

// Noon in Asia/Shanghai, so that its day equals the UTC day.
const noon = Date.parse('2026-03-10T04:00:00.000Z')
const dayMs = 24 * 60 * 60 * 1000
const sharesPerOwner = 10
const sharesPerRecipient = 25
const region = 'cn-bench'

type Account = { id: string; username: string }

/** One share to make. Tasks of one list break no rule, in whatever order ten workers take them. */
export type ShareTask = { region: string; imageId: string; owner: Account; recipient: Account; now: Date; day: string }

/** Shares of many images of many owners with many recipients: neighbouring tasks share no lock. */
export async function spreadTasks(count: number): Promise<ShareTask[]> {
  const owners = await makeAccounts(Math.ceil(count / sharesPerOwner))
  const recipients = await makeAccounts(Math.max(recipientsMax, owners.length))
  const images = await makeImages(owners)
  return tasks(count, (index) => {
    const which = index % owners.length
    const round = Math.floor(index / owners.length)
    return { imageId: images[which], owner: owners[which], recipient: recipients[(which + round) % recipients.length] }
  })
}

/** Shares of one owner, which wait for each other's locks. A new day begins whenever its 200 shares are used up. */
export async function oneOwnerTasks(count: number): Promise<ShareTask[]> {
  const [owner] = await makeAccounts(1)
  if (!owner) throw new Error('There is no owner.')
  const recipients = await makeAccounts(Math.max(recipientsMax, Math.ceil(count / sharesPerRecipient)))
  const images = await makeImages(Array.from({ length: Math.ceil(count / recipientsMax) }, () => owner))
  return tasks(count, (index) => ({
    imageId: images[Math.floor(index / recipientsMax)],
    owner,
    recipient: recipients[index % recipients.length],
  }))
}

/** A context of the image's owner at the time of the task. */
export function contextOf({ owner, now }: ShareTask): Context {
  const viewer = mintViewer({ ...owner, kind: 'MASTER', displayName: '', master: null })
  return { viewer, now, address: null }
}

/** The region of all shares, created on first use. */
export async function makeRegion(): Promise<void> {
  const made = { id: region, name: 'Region of the benchmark', createdAt: new Date(noon) }
  await db().region.createMany({ data: [made], skipDuplicates: true })
}

function tasks(
  count: number,
  choose: (index: number) => { imageId?: string; owner?: Account; recipient?: Account },
): ShareTask[] {
  return Array.from({ length: count }, (_, index) => {
    const { imageId, owner, recipient } = choose(index)
    if (!imageId || !owner || !recipient) throw new Error(`Share ${index} has nobody to be made for.`)
    const now = new Date(noon + Math.floor(index / dailySharesMax) * dayMs)
    return { region, imageId, owner, recipient, now, day: shareDay(now, 'Asia/Shanghai') }
  })
}

async function makeAccounts(count: number): Promise<Account[]> {
  const fixed = { kind: 'MASTER' as const, displayName: '', email: '', passwordHash: '-', createdAt: new Date(noon) }
  const accounts = Array.from({ length: count }, () => ({ id: newId('acc'), username: newId('acc').replace('-', '') }))
  await db().account.createMany({ data: accounts.map((account) => ({ ...account, ...fixed })) })
  return accounts
}

async function makeImages(owners: Account[]): Promise<string[]> {
  const at = new Date(noon)
  const fixed = { regionId: region, name: 'web-01', operatingSystem: 'Debian 12', createdAt: at, updatedAt: at }
  const content = { sha256: newId('blb'), size: 1, format: 'qcow2' as const, virtualSize: 1 }
  const blob = { id: newId('blb'), regionId: region, ...content, state: 'ready' as const, createdAt: at, updatedAt: at }
  await db().blob.create({ data: blob })
  await checkedContent(content.sha256)
  const rest = { ...fixed, ...content, blobId: blob.id, source: 'IMPORT' as const, state: 'available' as const }
  const images = owners.map((owner) => ({ id: newId('img'), ownerId: owner.id }))
  await db().image.createMany({ data: images.map((image) => ({ ...image, ...rest })) })
  return images.map((image) => image.id)
}
