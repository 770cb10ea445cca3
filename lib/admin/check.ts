import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckRecord } from '@/lib/checks/schema'
import { requestCheck } from '@/lib/checks/writes'
import { db } from '@/lib/db/client'
import { findImageRecord } from '@/lib/images/reads-records'
import { fetchReaderParts } from '@/lib/machines/packages'
import { findReader } from '@/lib/machines/reader'
import { fetchedPartsFolder, readerSettings } from '@/lib/machines/settings'
import { ok, type Result, refuse } from '@/lib/result'
import { checkJob } from '@/lib/tasks/check'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'

const lookMs = 500

/** `image check`: with `isWaiting` runs the check itself unless a worker already does, and answers with its verdict. */
export async function checkImage(
  imageId: string,
  { isDeep, isWaiting, signal }: { isDeep: boolean; isWaiting: boolean; signal: AbortSignal },
): Promise<Result<Answer>> {
  const found = await findImageRecord(imageId)
  if (!found) return refuse({ code: 'IMAGE_NOT_FOUND' })
  const asked = await requestCheck(operatorContext(found.owner), { region: null, imageId, isDeep })
  if (!asked.ok) return asked
  const { sha256 } = asked.value
  while (isWaiting && (await isQueued(sha256))) {
    await checkJob({ sha256 }, true)
    if (await isQueued(sha256)) await sleep(lookMs, null, { signal })
  }
  const [record] = await readRecords(imageId)
  if (!record) return refuse({ code: 'IMAGE_NOT_FOUND' })
  if (!isWaiting) return ok(answer(record, [`${imageId} waits to be checked. check list shows how it ends.`]))
  const said = answer(record, [`${imageId}: ${sentenceOf(record)}`])
  if (record.critical + record.high > 0) said.complaint = 'There are findings of high severity or above.'
  else if (record.state !== 'clean' && record.state !== 'findings') said.complaint = 'There is no verdict on this disk.'
  return ok(said)
}

/** `check prepare`: fetches the packages, and says whether the analysis machine can be started with them. */
export async function prepareChecks(): Promise<Result<Answer>> {
  const folder = fetchedPartsFolder()
  await fetchReaderParts(folder)
  const found = await findReader(readerSettings())
  if (!('missing' in found))
    return ok(answer({ folder }, [`${folder} holds the kernel of the machine that reads file systems.`]))
  const said = answer({ folder, missing: found.missing }, [`${folder} holds the kernel.`])
  said.complaint = `The machine cannot be started yet. Missing: ${found.missing}`
  return ok(said)
}

export async function showChecks(): Promise<Result<Answer>> {
  const columns = [
    { header: 'Image', cell: (record: CheckRecord) => record.imageId },
    { header: 'Name', cell: (record: CheckRecord) => record.name },
    { header: 'Owner', cell: (record: CheckRecord) => record.owner },
    { header: 'Verdict', cell: (record: CheckRecord) => record.state ?? 'not checked' },
    { header: 'Reason', cell: (record: CheckRecord) => record.reason ?? '' },
    { header: 'Critical', cell: (record: CheckRecord) => record.critical, isRight: true as const },
    { header: 'High', cell: (record: CheckRecord) => record.high, isRight: true as const },
    { header: 'Medium', cell: (record: CheckRecord) => record.medium, isRight: true as const },
    { header: 'Low', cell: (record: CheckRecord) => record.low, isRight: true as const },
    { header: 'Rules', cell: (record: CheckRecord) => record.rulesVersion ?? '' },
    { header: 'Checked', cell: (record: CheckRecord) => record.checkedAt ?? '' },
  ]
  return ok(list(await readRecords(null), columns, 'There is no available image.'))
}

type Row = Omit<CheckRecord, 'checkedAt'> & { endedAt: Date | null }

async function readRecords(imageId: string | null): Promise<CheckRecord[]> {
  const rows = await db().$queryRaw<Row[]>`
    SELECT i.id AS "imageId", a.username AS owner, i.name, c.state::text AS state, c.reason, coalesce(c.critical, 0) AS critical,
      coalesce(c.high, 0) AS high, coalesce(c.medium, 0) AS medium, coalesce(c.low, 0) AS low, c."rulesVersion", c."endedAt"
    FROM "Image" i JOIN "Account" a ON a.id = i."ownerId" LEFT JOIN "Check" c ON c.sha256 = i.sha256
    WHERE i.state = 'available' AND (${imageId}::text IS NULL OR i.id = ${imageId})
    ORDER BY c.critical DESC NULLS LAST, c.high DESC, c.medium DESC, c.low DESC, i.id`
  return rows.map(({ endedAt, ...row }) => ({ ...row, checkedAt: endedAt?.toISOString() ?? null }))
}

async function isQueued(sha256: string): Promise<boolean> {
  return (await db().check.count({ where: { sha256, isQueued: true } })) === 1
}

function sentenceOf({ state, reason, critical, high, medium, low }: CheckRecord): string {
  const counts = `${critical} critical, ${high} high, ${medium} medium, ${low} low`
  const partly = reason === null ? '' : ` (${reason})`
  return state === 'findings' ? `${counts}${partly}.` : `${state ?? 'not checked'}${partly}.`
}
