import type { Remedy, Severity } from './report'

/** What a test of contents answers: null where the file is harmless. `masked` never holds the secret itself. */
export type Match = { line: number | null; masked: string | null }

/**
 * A row of the table of path rules. A file is a finding if its path matches `path` and not `except`, and its contents
 * match `content` where the row has such a test. Paths begin at the root of a partition, without a slash.
 */
export type PathRule = {
  id: string
  severity: Severity
  path: RegExp
  except?: RegExp
  /** Tests the text of a file, of which there are at most `textBytesMax` bytes. A row without a test goes by the path. */
  content?: (text: string) => Match | null
  /** Whether an empty file is a finding too. */
  evenEmpty?: boolean
  remedy: Remedy
  /** A clean copy can delete or empty the file and the machine still starts. */
  cleanable: boolean
}

/** A pattern of a secret in any text. */
export type ContentRule = {
  id: string
  severity: Severity
  /** Global, linear in the length of the text. The group `secret` is what must not be shown. */
  pattern: RegExp
  /** A word that every match contains, so that most files need no pattern. */
  word: string
  /** Whether a match is no example of a documentation. */
  isReal?: (secret: string) => boolean
}
