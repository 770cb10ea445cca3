import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { migrate } from '../../prisma/migrate'
import { dropDatabase, withDatabase } from '../db/beside'
import { freePort, isListening } from '../embedded/ports'
import { build, serverAt } from './build'
import { keepRunning, worker } from './children'
import { ensureChromium } from './chromium.mjs'
import { onEnd } from './ending'
import { exitCode } from './run'
import { nothing, type Tally, tallyOfPlaywright } from './tally'

// Separate, so that a console running from this clone keeps its build.
export const builtInto = '.next-test'
const playwright = ['node_modules/@playwright/test/cli.js', 'test', '--config=e2e/playwright.config.ts']
const logShown = 4_000

export type TestPlace = { databaseUrl: string; folder: string; files: string[] }

/** Runs the browser tests against a built console with a separate database. Without a browser they are skipped. */
export async function runBrowserTests(place: TestPlace): Promise<Tally> {
  const chromium = await ensureChromium()
  if (!chromium) {
    console.error('There is no Chromium and none could be installed; the browser tests are skipped.')
    return { ...nothing, skipped: await countTests(place) }
  }
  const env = await testEnvironment(place)
  await build(builtInto, env)
  const log = await startServer(place, env)
  const tally = await runPlaywright(place, { ...env, CHROMIUM_PATH: chromium }, [])
  if (tally.failed > 0) console.error(`The end of the server's log:\n${fs.readFileSync(log, 'utf8').slice(-logShown)}`)
  return tally
}

async function testEnvironment({ databaseUrl, folder }: TestPlace): Promise<NodeJS.ProcessEnv> {
  const database = withDatabase(databaseUrl, `ecs_browser_${randomBytes(4).toString('hex')}`)
  if (process.env.TEST_DATABASE_URL) onEnd(() => dropDatabase(database))
  await migrate(database)
  const dataFolder = path.join(folder, 'data')
  fs.mkdirSync(dataFolder, { mode: 0o700 })
  return {
    ...process.env,
    NODE_ENV: 'production',
    NEXT_DIST_DIR: builtInto,
    NEXT_TELEMETRY_DISABLED: '1',
    DATABASE_URL: database,
    ECS_DATA_DIR: dataFolder,
    // Small chunks, so that an upload can be interrupted between two of them.
    ECS_UPLOAD_CHUNK: process.env.ECS_UPLOAD_CHUNK || '1MiB',
    // Emulated, so that tests behave the same on every computer.
    ECS_MACHINE_ACCELERATOR: 'tcg',
    ECS_MACHINE_EMULATION: 'allow',
    // As in lib/vitest.config.ts. On a loaded machine the database takes its time; recovery.e2e.ts tries the default.
    ...{ ECS_DATABASE_WAIT: '1m', ECS_LOCK_WAIT: '2m' },
    NEXTAUTH_SECRET: randomBytes(32).toString('base64url'),
    NEXTAUTH_URL: `http://127.0.0.1:${await freePort()}`,
  }
}

async function startServer({ folder }: TestPlace, env: NodeJS.ProcessEnv): Promise<string> {
  const { port, hostname } = new URL(env.NEXTAUTH_URL ?? '')
  const log = path.join(folder, 'server.log')
  const server = keepRunning(
    [
      {
        name: 'server under test',
        args: serverAt(hostname, Number(port)),
        isReady: () => isListening(Number(port), hostname),
        output: fs.openSync(log, 'a'),
      },
      { ...worker, output: fs.openSync(log, 'a') },
    ],
    env,
  )
  onEnd(() => server.stop())
  await server.ready
  return log
}

export async function runPlaywright(
  { folder, files }: Omit<TestPlace, 'databaseUrl'>,
  env: NodeJS.ProcessEnv,
  more: string[],
): Promise<Tally> {
  const report = path.join(folder, 'playwright.json')
  const args = [...playwright, '--pass-with-no-tests', '--reporter=list,json', ...more, ...files]
  const code = await exitCode(args, {
    ...env,
    NODE_ENV: 'test',
    // The fixtures use the product's own modules, which load only under this condition.
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --conditions=react-server`.trim(),
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
  })
  return tallyOfPlaywright(report, code, files.length > 0)
}

async function countTests(place: TestPlace): Promise<number> {
  const { passed, failed, skipped } = await runPlaywright(place, process.env, ['--list'])
  return passed + failed + skipped
}
