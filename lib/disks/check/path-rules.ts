import type { PathRule } from './rule'
import { keyRules } from './rules-keys'
import { systemRules } from './rules-system'

/** Changes whenever the same disk could give another verdict: a rule, a pattern, a test, or secretlint's version. */
export const rulesVersion = '2026.12'

/** Every row, and the first that matches a path decides where several say the same of a file. */
export const pathRules: readonly PathRule[] = [...keyRules, ...systemRules]

/** The rows whose path matches. */
export function rulesFor(path: string): PathRule[] {
  return pathRules.filter((rule) => rule.path.test(path) && !rule.except?.test(path))
}
