import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { type CheckParams, checkedDisk, storedRemedy } from '@/lib/checks/schema'
import { db } from '@/lib/db/client'
import type { Transaction } from '@/lib/db/transaction'
import type { Finding } from '@/lib/disks/check/report'
import { refuseFinding } from '@/lib/disks/clean/plan'
import { env } from '@/lib/env'
import { imageCan } from '@/lib/images/rules'
import { isCleanable, type Partitions, refuseCleaning, resetRules } from './rules'
import { type CleanCopy, type CleanForm, type CleanItem, storedFindings } from './schema'

const blobFields = { id: true, sha256: true, size: true, format: true, virtualSize: true } as const

/** The source of a clean copy and what to remove; null if the source is not available or has other bytes by now. */
export async function findCleanJob(imageId: string) {
  const image = await db().image.findUnique({ where: { id: imageId }, select: { copyOfId: true, cleanCopy: true } })
  if (!image?.copyOfId || !image.cleanCopy) return null
  const { sha256, findings, isReset } = image.cleanCopy
  const source = await db().image.findUnique({
    where: { id: image.copyOfId, sha256, state: { in: [...imageCan.copy] } },
    select: { regionId: true, blob: { select: blobFields } },
  })
  if (!source?.blob) return null
  return { regionId: source.regionId, blob: source.blob, findings: storedFindings.parse(findings), isReset }
}

export async function getCleanForm({ viewer }: Context, { region, imageId }: CheckParams): Promise<CleanForm | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: viewer.ownerId, regionId: region },
    select: { id: true, name: true, state: true, sha256: true },
  })
  if (!image) return null
  const { sha256, ...shown } = image
  const check = sha256 === null ? null : await findEndedCheck(db(), sha256)
  const partitions = check?.partitions ?? []
  const items = check ? check.findings.map((finding) => toItem(finding, partitions)) : []
  const isReset = ({ rule, kept }: CleanItem) => kept === null && resetRules.includes(rule)
  const resets = new Map<string, number>()
  for (const { rule } of items.filter(isReset)) resets.set(rule, (resets.get(rule) ?? 0) + 1)
  return {
    image: shown,
    isOn: env().ECS_DISK_CHECK !== 'off',
    isChecked: check !== null,
    isCleanable: isCleanable(partitions),
    isWindows: partitions.some(({ fileSystem }) => fileSystem === 'ntfs' || fileSystem === 'refs'),
    items: items.filter((item) => !isReset(item)),
    resets: [...resets].map(([rule, findings]) => ({ rule, findings })),
    beyond: check?.beyond ?? 0,
  }
}

const bySeverity = [{ severity: 'asc' }, { rule: 'asc' }, { partition: 'asc' }, { path: 'asc' }, { id: 'asc' }] as const

/** The last check of a content that ended; null if none has, or it failed and so read nothing. */
export async function findEndedCheck(client: Pick<Transaction, 'check'>, sha256: string) {
  const check = await client.check.findUnique({
    where: { sha256 },
    include: { found: { orderBy: [...bySeverity] } },
  })
  if (!check?.endedAt || check.report === null) return null
  const { critical, high, medium, low, beyond, report } = check
  const findings = check.found.map(
    ({ sha256: _, offset, remedy, ...finding }): Finding => ({
      ...finding,
      offset: offset === null ? null : Number(offset),
      remedy: storedRemedy.parse(remedy),
    }),
  )
  const partitions = checkedDisk.safeParse(report).data?.partitions ?? []
  return { counts: { critical, high, medium, low }, beyond, findings, partitions }
}

function toItem(finding: Finding, partitions: Partitions): CleanItem {
  return { ...finding, ignored: null, kept: refuseCleaning(finding, { partitions, refuseFinding })?.reason ?? null }
}

export async function getCleanCopy({ viewer }: Context, { region, imageId }: CheckParams): Promise<CleanCopy | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: viewer.ownerId, regionId: region },
    select: { copyOfId: true, copyOfRegionId: true, cleanCopy: true },
  })
  if (!image?.cleanCopy || image.copyOfId === null) return null
  const { findings, isReset, critical, high, medium, low } = image.cleanCopy
  const source = await db().image.findFirst({
    where: { id: image.copyOfId, ownerId: viewer.ownerId },
    select: { name: true },
  })
  return {
    of: { id: image.copyOfId, region: image.copyOfRegionId ?? region, name: source?.name ?? null },
    before: { critical, high, medium, low },
    isReset,
    dealtWith: storedFindings.parse(findings).map(({ rule, path, remedy }) => ({ rule, path, remedy })),
  }
}
