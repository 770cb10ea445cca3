import type { Remedy, Severity } from './report'

/** The result of a content test; null for a harmless file. `masked` never holds the secret. */
export type Match = { line: number | null; masked: string | null }

/**
 * A path rule. A file is a finding if its path matches `path` and not `except`, and its contents match `content` if the rule has such a
 * test. Paths begin at the root of a partition, without a slash.
 */
export type PathRule = {
  id: string
  severity: Severity
  path: RegExp
  except?: RegExp
  /** Tests the text of a file of at most `textBytesMax` bytes. A rule without a test goes by the path alone. */
  content?: (text: string) => Match | null
  /** Whether an empty file is a finding too. */
  evenEmpty?: boolean
  remedy: Remedy
  /** A clean copy can delete or empty the file, and the guest still boots. */
  cleanable: boolean
}

/** A pattern of a secret in any text. */
export type ContentRule = {
  id: string
  severity: Severity
  /** Global, and linear in the length of the text. The group `secret` is masked. */
  pattern: RegExp
  /** A string that every match contains, so that most files need no pattern. */
  word: string
  /** Whether a match is not an example from documentation. */
  isReal?: (secret: string) => boolean
}
