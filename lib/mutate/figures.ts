import fs from 'node:fs'
import { type Equivalent, equivalents } from './equivalents'

// The result of a run, from Stryker's report: https://github.com/stryker-mutator/mutation-testing-elements

type Place = { line: number; column: number }
type Mutant = { mutatorName: string; replacement?: string; status: string; location: { start: Place; end: Place } }
type Report = { files: Record<string, { source: string; mutants: Mutant[] }> }

export type Figures = {
  file: string
  killed: number
  /** Mutants killed by a timeout: an endless loop, or a lock that is never released. */
  timedOut: number
  lived: { line: number; code: string; by: string; status: string }[]
  equivalent: number
  /** Entries of the list of equivalents that were killed or no longer exist. */
  untrue: Equivalent[]
  score: number
  isGood: boolean
}

const scoreMin = 90
const killedBy = ['Killed', 'Timeout']
const livedAs = ['Survived', 'NoCoverage']

export function readFigures(report: string): Figures[] {
  if (!fs.existsSync(report)) return []
  const { files }: Report = JSON.parse(fs.readFileSync(report, 'utf8'))
  return Object.entries(files).map(([file, { source, mutants }]) => figuresOf(file, source.split('\n'), mutants))
}

function figuresOf(file: string, lines: string[], mutants: Mutant[]): Figures {
  const listed = equivalents.filter((one) => one.file === file)
  const found = mutants.map((mutant) => ({ ...changeOf(lines, mutant), status: mutant.status }))
  const isListed = (one: (typeof found)[number]) => listed.some((other) => isSame(other, one, lines))
  const lived = found.filter(({ status }) => livedAs.includes(status))
  const alive = lived.filter((one) => !isListed(one))
  const killed = found.filter(({ status }) => killedBy.includes(status)).length
  const timedOut = found.filter(({ status }) => status === 'Timeout').length
  const untrue = listed.filter((other) => !lived.some((one) => isSame(other, one, lines)))
  const score = (100 * killed) / Math.max(1, killed + alive.length)
  const isGood = score >= scoreMin && untrue.length === 0
  return { file, killed, timedOut, lived: alive, equivalent: lived.length - alive.length, untrue, score, isGood }
}

function changeOf(lines: string[], { location: { start, end }, replacement = '' }: Mutant) {
  const whole = lines.slice(start.line - 1, end.line).join('\n')
  const last = lines[end.line - 1]?.length ?? 0
  const code = whole.slice(start.column - 1, whole.length - (last - (end.column - 1)))
  return { line: start.line, code: oneLine(code), by: oneLine(replacement) }
}

function isSame(listed: Equivalent, { line, code, by }: { line: number; code: string; by: string }, lines: string[]) {
  return listed.line === lines[line - 1]?.trim() && listed.code === code && listed.by === by
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/** A line for each surviving mutant and each wrong entry of the list. */
export function survivors({ file, lived, untrue }: Figures): string[] {
  const alive = lived.map(
    ({ line, code, by, status }) => `${file}:${line} ${status === 'NoCoverage' ? 'not run' : 'lives'}: ${code} → ${by}`,
  )
  return [
    ...alive,
    ...untrue.map(({ line, by }) => `${file}: listed as equivalent, but killed or gone: ${line} → ${by}`),
  ]
}

export function figuresTable(figures: Figures[]): string {
  const rows = figures.map(
    ({ file, killed, timedOut, lived, equivalent, score }) =>
      `| ${file} | ${killed + lived.length} | ${killed} | ${timedOut} | ${lived.length} | ${equivalent} | ${score.toFixed(1)} % |`,
  )
  return [
    '| file | mutants | killed | of them by time | live | equivalent | killed of all |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
