import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Stryker } from '@stryker-mutator/core'
import { startDatabase } from '../embedded/embedded'
import { figuresTable, readFigures, survivors } from './figures'
import { allNouns, type Target, targetsOf } from './targets'

// `npm run mutate [-- noun …] [--rules | --writes] [--figures]`: mutates the rules and writes of nouns one by one, and runs the
// noun's tests against each mutant. A survivor is a promise that no test checks.

const root = path.resolve(import.meta.dirname, '../..')
const reports = path.join(root, '.stryker')

async function main(words: string[]): Promise<void> {
  process.chdir(root)
  const named = words.filter((word) => !word.startsWith('--'))
  const nouns = named.length > 0 ? named : allNouns(root)
  const kinds = (['rules', 'writes'] as const).filter((kind) => words.includes(`--${kind}`))
  const all = nouns.flatMap((noun) => targetsOf(root, noun))
  const targets = all.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
  if (!words.includes('--figures')) await withDatabase(targets, () => runAll(targets))
  const figures = targets.flatMap((target) => readFigures(reportOf(target)))
  for (const line of figures.flatMap(survivors)) console.log(line)
  console.log(`\n${figuresTable(figures)}`)
  process.exitCode = figures.some(({ isGood }) => !isGood) ? 1 : 0
}

async function runAll(targets: Target[]): Promise<void> {
  for (const target of targets) {
    console.log(`${target.noun}, ${target.kind}: ${target.tests.join(' ')}`)
    process.env.ECS_MUTATE_TESTS = target.tests.join(',')
    await new Stryker(optionsOf(target)).runMutationTest()
  }
}

/** One PostgreSQL for all runs, in which each of Stryker's processes creates its own database. */
async function withDatabase(targets: Target[], run: () => Promise<void>): Promise<void> {
  if (process.env.TEST_DATABASE_URL || targets.every(({ kind }) => kind === 'rules')) return await run()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-mutate-'))
  const database = await startDatabase(folder, { throwaway: true })
  process.env.TEST_DATABASE_URL = database.url
  try {
    await run()
  } finally {
    await database.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const nameOf = ({ noun, kind }: Target) => `${noun}-${kind}`
const reportOf = (target: Target) => path.join(reports, `${nameOf(target)}.json`)

function optionsOf(target: Target) {
  return {
    mutate: target.mutate,
    testRunner: 'vitest',
    vitest: { configFile: 'lib/mutate/vitest.config.ts', related: false },
    // Without a tsconfig: TypeScript 7 has no API with which Stryker could read it.
    tsconfigFile: 'none.json',
    plugins: ['@stryker-mutator/vitest-runner'],
    ignorePatterns: ['.data', '.next*', '.stryker'],
    tempDirName: `.stryker/tmp-${nameOf(target)}`,
    // Stryker reuses a result if the mutant's own tests did not change, but finds no tests for a constant. Rules are quick
    // to run anyway.
    incremental: target.kind === 'writes',
    incrementalFile: path.join(reports, `${nameOf(target)}-incremental.json`),
    force: process.env.ECS_MUTATE_FORCE === '1',
    reporters: ['json', 'dots'],
    jsonReporter: { fileName: reportOf(target) },
    concurrency: Number(process.env.ECS_MUTATE_CONCURRENCY ?? 2),
    // A shared database is slow, and a slow test must not count as a failing one.
    timeoutMS: target.kind === 'rules' ? 10_000 : 60_000,
    dryRunTimeoutMinutes: 10,
    allowConsoleColors: false,
    warnings: { slow: false, unknownOptions: true, preprocessorErrors: true, unserializableOptions: true },
  }
}

await main(process.argv.slice(2))
