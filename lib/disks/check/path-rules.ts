import type { PathRule } from './rule'
import { keyRules } from './rules-keys'
import { systemRules } from './rules-system'

/** Changes whenever the same disk could give another verdict: a rule, a pattern, a test, or secretlint's version. */
export const rulesVersion = '2026.15'

/** Every row, and the first that matches a path decides where several say the same of a file. */
export const pathRules: readonly PathRule[] = [...keyRules, ...systemRules]

/** No program can open a file by a longer path. */
const matchedMax = 4096

/** The rows whose path matches; of a path that is too long to be opened, its end decides. */
export function rulesFor(whole: string): PathRule[] {
  const path = whole.slice(-matchedMax)
  return pathRules.filter((rule) => rule.path.test(path) && !rule.except?.test(path))
}
