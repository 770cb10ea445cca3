import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { StartError } from '../embedded/data-folder'
import { startDatabase } from '../embedded/embedded'
import { ensureContainerTools, ensureDeployTools } from './deploy-tools.mjs'
import { ensureDiskTools } from './disk-tools.mjs'
import { end, endOnSignals, isEnding, onEnd } from './ending'
import { ensureGit } from './git'
import { ensureProcps } from './procps'
import { ensureQemu } from './qemu.mjs'
import { exitCode } from './run'
import { addTallies, isGood, nothing, oneFailure, summary, type Tally, tallyOfVitest } from './tally'
import { runBrowserTests, type TestPlace } from './test-browser'

const kinds = ['unit', 'db', 'browser'] as const
type Kind = (typeof kinds)[number]

/** Runs the given kinds of tests, or all; further words select files. Ends this process. */
export async function runTests(words: string[]): Promise<void> {
  endOnSignals(130)
  let tally: Tally | undefined
  // Registered first and so run last: the summary is the last line, after the output of other clean-up.
  onEnd(async () => void (tally && console.log(`\n${summary(tally)}`)))
  const named = kinds.filter((kind) => words.includes(kind))
  const files = words.filter((word) => !kinds.some((kind) => kind === word))
  const result = await runKinds(named.length > 0 ? named : kinds, files)
  if (isEnding()) return
  tally = result
  await end(isGood(tally) ? 0 : 1)
}

async function runKinds(wanted: readonly Kind[], files: string[]): Promise<Tally> {
  let tally = nothing
  try {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-test-'))
    onEnd(async () => fs.rmSync(folder, { recursive: true, force: true }))
    const databaseUrl = wanted.some((kind) => kind !== 'unit') ? await startTestDatabase(folder) : ''
    const place = { databaseUrl, folder, files }
    const forVitest = wanted.filter((kind) => kind !== 'browser')
    const withoutQemu = forVitest.length > 0 ? ensureQemu() : []
    if (withoutQemu.length > 0)
      console.error(`These could not be installed, and the tests that need them skip: ${withoutQemu.join(', ')}.`)
    const missing = forVitest.includes('unit') ? ensureDiskTools() : []
    if (missing.length > 0)
      console.error(`These could not be installed, and tests of disks skip: ${missing.join(', ')}.`)
    if (forVitest.includes('unit') && !ensureGit())
      console.error('git could not be installed, and the tests that list the files of the clone fail.')
    if (forVitest.length > 0 && !ensureProcps())
      console.error('procps could not be installed, and the tests that look at processes fail.')
    if (forVitest.includes('unit') && ensureDeployTools().length > 0)
      console.error('promtool could not be installed, and the tests that need it skip.')
    if (forVitest.includes('db') && !ensureContainerTools())
      console.error('buildah and debootstrap could not be installed, and the test of the container skips.')
    if (forVitest.length > 0) tally = await runVitest(place, forVitest)
    if (wanted.includes('browser')) tally = addTallies(tally, await runBrowserTests(place))
    return tally
  } catch (error) {
    if (!isEnding()) console.error(error instanceof StartError ? error.message : error)
    return addTallies(tally, oneFailure)
  }
}

async function startTestDatabase(folder: string): Promise<string> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return given
  const starting = startDatabase(folder, { throwaway: true })
  onEnd(() => starting.then((database) => database.stop()).catch(() => {}))
  return (await starting).url
}

async function runVitest({ databaseUrl, folder, files }: TestPlace, projects: Kind[]): Promise<Tally> {
  const report = path.join(folder, 'vitest.json')
  const output = ['--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const which = [...projects.map((project) => `--project=${project}`), ...files]
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config=lib/vitest.config.ts', ...output, ...which]
  // Leftovers of interrupted tests are removed with our temporary folder.
  const env = { ...process.env, NODE_ENV: 'test', TEST_DATABASE_URL: databaseUrl, TMPDIR: folder } as const
  const code = await exitCode(args, env)
  return tallyOfVitest(report, code, files.length > 0)
}
