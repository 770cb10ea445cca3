import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { readIfThere } from '../embedded/data-folder'

/** The number of tests by outcome. `notes`: a line for each failed test. */
export type Tally = { passed: number; failed: number; skipped: number; notes?: string[] }

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 }
export const oneFailure: Tally = { passed: 0, failed: 1, skipped: 0 }

const reasonShown = 300

type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { status: string; fullName: string; failureMessages?: string[] }[]
  }[]
}

type PlaywrightSuite = {
  file: string
  suites?: PlaywrightSuite[]
  specs?: { title: string; line: number; tests: { status: string; results: { error?: { message?: string } }[] }[] }[]
}

type PlaywrightReport = {
  suites?: PlaywrightSuite[]
  errors: { message?: string }[]
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
}

/** Counts a report of Vitest. A file that could not be loaded is one failure. */
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
    notes: report.testResults.flatMap(notesOfFile),
  }
  return checked(tally, exitCode, mayBeEmpty)
}

/** Counts a report of Playwright. An error outside of tests is one failure. */
export function tallyOfPlaywright(file: string, exitCode: number | string, mayBeEmpty: boolean): Tally {
  const text = readIfThere(file)
  if (text === undefined) return oneFailure
  const { errors, stats, suites = [] }: PlaywrightReport = JSON.parse(text)
  const tally = {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    notes: [
      ...errors.map(({ message }) => noteOf('browser tests', 'outside of any test', message)),
      ...suites.flatMap(notesOfSuite),
    ],
  }
  return checked(tally, exitCode, mayBeEmpty)
}

function notesOfFile({ name, status, message, assertionResults }: VitestReport['testResults'][number]): string[] {
  const failed = assertionResults.filter((one) => one.status === 'failed')
  if (status === 'failed' && failed.length === 0) return [noteOf(name, '', message)]
  return failed.map(({ fullName, failureMessages }) => noteOf(name, fullName, failureMessages?.[0]))
}

function notesOfSuite({ file, suites = [], specs = [] }: PlaywrightSuite): string[] {
  const notes = specs.flatMap(({ title, line, tests }) =>
    tests.flatMap(({ status, results }) => {
      return status === 'unexpected' ? [noteOf(`${file}:${line}`, title, results[0]?.error?.message)] : []
    }),
  )
  return [...notes, ...suites.flatMap(notesOfSuite)]
}

function noteOf(file: string, test: string, reason = ''): string {
  return `${path.relative('', file)} › ${test}\n    ${stripVTControlCharacters(reason).slice(0, reasonShown).replaceAll('\n', '\n    ')}`
}

// A run that fails without a failed test, or finds no test, counts as a failure that its report does not show.
function checked(tally: Tally, exitCode: number | string, mayBeEmpty: boolean): Tally {
  const isEmpty = tally.passed + tally.failed + tally.skipped === 0 && !mayBeEmpty
  return tally.failed === 0 && (exitCode !== 0 || isEmpty) ? addTallies(tally, oneFailure) : tally
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    ...{ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped },
    notes: [...(a.notes ?? []), ...(b.notes ?? [])],
  }
}

export function isGood({ passed, failed }: Tally): boolean {
  return failed === 0 && passed > 0
}

/** The end of a run's output: each failed test, and the sum as the last line. */
export function summary(tally: Tally): string {
  return [...(tally.notes ?? []).map((note) => `✘ ${note}`), '', sentence(tally)].join('\n')
}

export function sentence({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
