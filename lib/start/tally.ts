import { readIfThere } from '../embedded/data-folder'

/** How many tests ended how. */
export type Tally = { passed: number; failed: number; skipped: number }

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 }
export const oneFailure: Tally = { passed: 0, failed: 1, skipped: 0 }

type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

type PlaywrightReport = {
  errors: unknown[]
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
}

/** Counts what Vitest reports. A file that could not even be loaded is one failure. */
export function tallyOfVitest(file: string, exitCode: number | string, mayBeEmpty: boolean): Tally {
  const text = readIfThere(file)
  if (text === undefined) return oneFailure
  const report: VitestReport = JSON.parse(text)
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  )
  const tally = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
  return checked(tally, exitCode, mayBeEmpty)
}

/** Counts what Playwright reports. An error outside of any test is one failure. */
export function tallyOfPlaywright(file: string, exitCode: number | string, mayBeEmpty: boolean): Tally {
  const text = readIfThere(file)
  if (text === undefined) return oneFailure
  const { errors, stats }: PlaywrightReport = JSON.parse(text)
  const tally = {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  }
  return checked(tally, exitCode, mayBeEmpty)
}

// A run that fails without a failed test, or finds no test, has failed in a way that its report does not show.
function checked(tally: Tally, exitCode: number | string, mayBeEmpty: boolean): Tally {
  const isEmpty = tally.passed + tally.failed + tally.skipped === 0 && !mayBeEmpty
  return tally.failed === 0 && (exitCode !== 0 || isEmpty) ? addTallies(tally, oneFailure) : tally
}

export function addTallies(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** Whether a run succeeded: something was tested and nothing failed. */
export function isGood({ passed, failed }: Tally): boolean {
  return failed === 0 && passed > 0
}

export function sentence({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
