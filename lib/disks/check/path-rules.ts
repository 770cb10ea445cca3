import type { PathRule } from './rule'
import { keyRules } from './rules-keys'
import { systemRules } from './rules-system'

/** Changes whenever a disk could get another verdict: with a rule, a pattern, a test, or secretlint's version. */
export const rulesVersion = '2026.15'

/** All path rules. If several match a file, the first counts. */
export const pathRules: readonly PathRule[] = [...keyRules, ...systemRules]

/** No program can open a longer path. */
const matchedMax = 4096

/** The rules that match a path. For a path too long to be opened, only its end is matched. */
export function rulesFor(whole: string): PathRule[] {
  const path = whole.slice(-matchedMax)
  return pathRules.filter((rule) => rule.path.test(path) && !rule.except?.test(path))
}
