import type { Finding, Remedy } from '../check/report'
import { pathShown } from '../check/shown-path'

/** Why a disk is not cleaned. `path` is escaped as in the finding. */
export type CleanRefusal =
  | { code: 'TOOLS_MISSING' }
  | { code: 'FILE_OF_PACKAGE'; path: string; package: string }
  | { code: 'NOT_CLEANABLE'; path: string; rule: string }
  | { code: 'FILE_NOT_FOUND'; path: string }
  | { code: 'FILE_STAYS'; path: string }
  | { code: 'UNSUPPORTED_FILE_SYSTEM'; partition: number }
  | { code: 'DAMAGED'; partition: number }
  | { code: 'TEMPORARY_FILES_LEFT'; partition: number }
  | { code: 'TOO_MANY_FILES'; partition: number }
  | { code: 'OUT_OF_TIME'; partition: number }
  | { code: 'TOO_LARGE' }

export type Step = { path: string; shown: string; action: 'delete' | 'empty' | 'lock' }
/**
 * The steps for a disk, by partition: its files, and the swap space to empty, each by the name of its logical volume, or empty for the
 * partition itself.
 */
export type Plan = { files: Map<number, Step[]>; swap: Map<number, string[]> }

const actions: Partial<Record<Remedy, Step['action']>> = {
  delete: 'delete',
  review: 'delete',
  empty: 'empty',
  lock: 'lock',
}
/** Not allowed in a debugfs command file, which has a command on each line and names in double quotes. */
const unspeakable = /["\n\r\\]|\p{Cc}/u

/** Plans the cleaning of chosen findings, or refuses one. A file gets one step; deleting it takes precedence. */
export function planClean(findings: readonly Finding[]): { plan: Plan } | { refusal: CleanRefusal } {
  const plan: Plan = { files: new Map(), swap: new Map() }
  for (const finding of findings) {
    const { rule, path: shown, partition, ownedBy, remedy } = finding
    if (rule === 'deleted-secret') continue
    if (ownedBy !== null) return { refusal: { code: 'FILE_OF_PACKAGE', path: shown, package: ownedBy } }
    const action = actions[remedy]
    if (!finding.cleanable || !action) return { refusal: { code: 'NOT_CLEANABLE', path: shown, rule } }
    if (rule === 'swap-content') {
      plan.swap.set(partition, [...(plan.swap.get(partition) ?? []), shown])
      continue
    }
    const path = pathShown(shown)
    if (path === null || path === '' || unspeakable.test(path))
      return { refusal: { code: 'NOT_CLEANABLE', path: shown, rule } }
    addStep(plan, partition, { path, shown, action })
  }
  return { plan }
}

/** Why a single finding cannot be cleaned; null if it can. */
export function refuseFinding(finding: Finding): CleanRefusal | null {
  const planned = planClean([finding])
  return 'refusal' in planned ? planned.refusal : null
}

function addStep({ files }: Plan, partition: number, step: Step) {
  const steps = files.get(partition) ?? []
  files.set(partition, steps)
  const same = steps.find(({ path }) => path === step.path)
  if (!same) steps.push(step)
  else if (step.action === 'delete') same.action = 'delete'
}
