import { z } from 'zod'
import { type Remedy, remedies } from '@/lib/disks/check/report'
import { flag, freeText, imageId, regionId } from '@/lib/fields'
import type { InputProblem } from '@/lib/result'
import {
  type CheckStateName,
  type Counts,
  reasonMax,
  reasonMin,
  type SeverityName,
  type SharePolicy,
  severityNames,
} from './rules'

const tooShort: InputProblem = 'too-short'

export const checkReason = freeText(reasonMax).pipe(z.string().min(reasonMin, tooShort))

/** The reason for sharing an image with findings or without a verdict; empty if none is needed. */
export const shareReason = z.union([z.literal(''), checkReason])

export const checkParams = z.object({ region: regionId, imageId })
export type CheckParams = z.infer<typeof checkParams>

/** Requests a check of an own image; `isDeep` also searches for deleted data. */
export const requestCheckInput = checkParams.extend({ isDeep: flag.default(false) })
export type RequestCheckInput = z.infer<typeof requestCheckInput>

export const findingId = z.string('invalid').regex(/^[a-z0-9]{1,64}$/, 'invalid')
export const ignoreFindingInput = checkParams.extend({ findingId, reason: checkReason })
export type IgnoreFindingInput = z.infer<typeof ignoreFindingInput>
export const countFindingInput = checkParams.extend({ findingId })
export type CountFindingInput = z.infer<typeof countFindingInput>

/** Filter and order of a report's findings, from the URL. */
export const checkReportParams = checkParams.extend({
  severity: z.enum(severityNames).optional().catch(undefined),
  rule: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional()
    .catch(undefined),
  ignored: z.enum(['yes', 'no']).optional().catch(undefined),
  sort: z.enum(['severity', 'path']).catch('severity'),
  page: z.coerce.number().int().min(1).max(1_000).catch(1),
})
export type CheckReportParams = z.infer<typeof checkReportParams>

export const checkExportParams = checkParams.extend({ format: z.enum(['json', 'sarif']).catch('json') })
export type CheckExportParams = z.infer<typeof checkExportParams>

export const checkedDisk = z.object({
  partitions: z.array(
    z.object({
      index: z.number(),
      fileSystem: z.string().nullable(),
      files: z.number(),
      readable: z.boolean(),
      reason: z.string().nullable(),
    }),
  ),
  files: z.number(),
  bytes: z.number(),
  seconds: z.number(),
  filesByPathOnly: z.number(),
  filesNotRead: z.number(),
})
export type CheckedDisk = z.infer<typeof checkedDisk>

export type FindingItem = {
  id: string
  rule: string
  severity: SeverityName
  partition: number
  /** From the root of its partition; empty for data outside files. */
  path: string
  line: number | null
  /** Offset on the disk in bytes, for data outside files. */
  offset: number | null
  /** An excerpt without the secret. */
  masked: string | null
  ownedBy: string | null
  remedy: Remedy
  cleanable: boolean
  ignored: { reason: string; by: string; at: string } | null
}

export type CheckSummary = {
  state: CheckStateName | null
  reason: string | null
  /** Findings that count, and the number of those that the owner ignores. */
  open: Counts
  ignored: number
  beyond: number
  isDeep: boolean
  rulesVersion: string | null
  /** When the verdict was reached, but not before the image existed. */
  checkedAt: string | null
  isQueued: boolean
  filesLooked: number
  filesTotal: number
}

export type ShareCheckSummary = CheckSummary & { policy: SharePolicy; gravest: FindingItem[] }

/** What a recipient sees: the verdict, its date, and the number of findings that the sharer knew of. No path, no value. */
export type HeldCheck = { state: CheckStateName | null; checkedAt: string | null; findings: number }

export type ImageCheck = ({ view: 'owner' } & CheckSummary) | ({ view: 'recipient' } & HeldCheck)

export type RuleCount = { rule: string; severity: SeverityName; findings: number }

export type CheckReportPage = {
  image: { id: string; name: string; state: string; sha256: string | null; virtualSize: number }
  isOn: boolean
  check: CheckSummary
  disk: CheckedDisk | null
  /** Location of the partitions on the disk, in bytes, by their index. */
  layout: { index: number; start: number; size: number; label: string | null }[]
  found: { partition: number; grave: number; all: number }[]
  rules: RuleCount[]
  items: FindingItem[]
  total: number
  pageSize: number
}

export type CheckRecord = {
  imageId: string
  owner: string
  name: string
  state: CheckStateName | null
  reason: string | null
  critical: number
  high: number
  medium: number
  low: number
  rulesVersion: string | null
  checkedAt: string | null
}

/** A stored remedy; one written by another version of the console becomes `review`. */
export const storedRemedy = z.enum(remedies).catch('review')
