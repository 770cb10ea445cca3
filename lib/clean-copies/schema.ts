import { z } from 'zod'
import { type Counts, severityNames } from '@/lib/checks/rules'
import { checkParams, type FindingItem, findingId } from '@/lib/checks/schema'
import { remedies } from '@/lib/disks/check/report'
import { flag, imageId } from '@/lib/fields'
import { imageName } from '@/lib/images/schema'
import type { InputProblem } from '@/lib/result'
import { chosenMax } from './rules'

const tooMany: InputProblem = 'too-many'

/** The findings to remove, and the new image's name. Without a choice only free space is cleaned. */
export const makeCleanCopyInput = checkParams.extend({
  name: imageName,
  findings: z.array(findingId, 'invalid').max(chosenMax, tooMany).default([]),
  isReset: flag.default(false),
})
export type MakeCleanCopyInput = z.infer<typeof makeCleanCopyInput>

export const begunCleanCopy = z.object({ imageId })
export type BegunCleanCopy = z.infer<typeof begunCleanCopy>

/** Findings as stored with a clean copy, without excerpts. */
export const storedFindings = z.array(
  z.object({
    id: z.string(),
    rule: z.string(),
    severity: z.enum(severityNames),
    partition: z.number(),
    path: z.string(),
    line: z.number().nullable(),
    offset: z.number().nullable(),
    masked: z.null(),
    ownedBy: z.null(),
    remedy: z.enum(remedies),
    cleanable: z.boolean(),
  }),
)

/** A finding in the form, and why it cannot be removed here; null if it can. */
export type CleanItem = FindingItem & { kept: string | null }

export type CleanForm = {
  image: { id: string; name: string; state: string }
  isOn: boolean
  isChecked: boolean
  isCleanable: boolean
  /** Whether Windows is installed, which has its own procedure. */
  isWindows: boolean
  items: CleanItem[]
  resets: { rule: string; findings: number }[]
  beyond: number
}

/** How an own image was cleaned, and how many findings its source had. The source may be deleted. */
export type CleanCopy = {
  of: { id: string; region: string; name: string | null }
  before: Counts
  isReset: boolean
  dealtWith: { rule: string; path: string; remedy: string }[]
}
