import { z } from 'zod'
import { type Counts, severityNames } from '@/lib/checks/rules'
import { checkParams, type FindingItem, findingId } from '@/lib/checks/schema'
import { remedies } from '@/lib/disks/check/report'
import { flag, imageId } from '@/lib/fields'
import { imageName } from '@/lib/images/schema'
import type { InputProblem } from '@/lib/result'
import { chosenMax } from './rules'

const tooMany: InputProblem = 'too-many'

/** What a clean copy is made without, and its name. Without a choice nothing but free space is cleaned. */
export const makeCleanCopyInput = checkParams.extend({
  name: imageName,
  findings: z.array(findingId, 'invalid').max(chosenMax, tooMany).default([]),
  isReset: flag.default(false),
})
export type MakeCleanCopyInput = z.infer<typeof makeCleanCopyInput>

export const begunCleanCopy = z.object({ imageId })
export type BegunCleanCopy = z.infer<typeof begunCleanCopy>

/** Findings as a clean copy keeps them: without any excerpt. */
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

/** A finding in the form: why it cannot be dealt with here, or null where it can. */
export type CleanItem = FindingItem & { kept: string | null }

export type CleanForm = {
  image: { id: string; name: string; state: string }
  isOn: boolean
  isChecked: boolean
  isCleanable: boolean
  /** Whether Windows is on it, which has ways of its own. */
  isWindows: boolean
  items: CleanItem[]
  resets: { rule: string; findings: number }[]
  beyond: number
}

/** How an own image was cleaned, and how many findings there were before. Sources may be gone. */
export type CleanCopy = {
  of: { id: string; region: string; name: string | null }
  before: Counts
  isReset: boolean
  dealtWith: { rule: string; path: string; remedy: string }[]
}
