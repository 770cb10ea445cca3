import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { until, untilTrue } from '@/lib/testing/until'
import { processStart } from '../embedded/process-start'
import { keepRunning, metricsPort } from './children'
import { commitOfFiles } from './commit'
import { makeDemo } from './demo'
import { readSettings, serverEnvironment, workerEnvironment } from './settings'
import { isGood, sentence, summary, tallyOfPlaywright, tallyOfVitest } from './tally'
import { migrated, signIn } from './welcome'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-start-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

describe('npm start', () => {
  it('with an own database names every missing secret', () => {
    const { status, stderr } = startWith({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' })
    expect(status).toBe(1)
    expect(stderr).toBe('DATABASE_URL is set, so NEXTAUTH_SECRET and NEXTAUTH_URL must be set too.\n')
  })

  it('says in a sentence that the database cannot be reached', () => {
    const own = {
      DATABASE_URL: 'postgresql://nobody:pass@127.0.0.1:1/none',
      NEXTAUTH_SECRET: 's',
      NEXTAUTH_URL: 'http://x',
    }
    const { status, stderr } = startWith({ ...own, PORT: '23111' })
    expect(status).toBe(1)
    expect(stderr).toContain('The database 127.0.0.1:1/none could not be brought up to date.')
    expect(stderr).not.toContain('pass')
  })

  it('names an invalid setting', () => {
    expect(startWith({ ECS_WORKER: 'no' }).stderr).toBe('ECS_WORKER is no; it is on or off.\n')
    expect(startWith({ ECS_METRICS_PORT: '65535' }).stderr).toContain('not a port that has a next one')
    expect(startWith({ ECS_BALLAST: '16MiB' }).stderr).toBe(
      'ECS_BALLAST is 16MiB; it is a size of at least 32MiB, or 0.\n',
    )
  })

  it('serves the metrics of server and worker on adjacent ports, and by default none', () => {
    vi.stubEnv('ECS_METRICS_PORT', '')
    expect([metricsPort(0), metricsPort(1)]).toEqual([{}, {}])
    vi.stubEnv('ECS_METRICS_PORT', '9400')
    expect([metricsPort(0), metricsPort(1)]).toEqual([{ ECS_METRICS_PORT: '9400' }, { ECS_METRICS_PORT: '9401' }])
  })

  it('makes the session secret once and keeps it private', () => {
    vi.stubEnv('NEXTAUTH_SECRET', '')
    vi.stubEnv('ECS_DATA_DIR', folder)
    const secrets = [1, 2].map(() => serverEnvironment(readSettings(false), 'url').NEXTAUTH_SECRET)
    expect(secrets[0]).toMatch(/^.{40,}$/)
    expect(secrets[1]).toBe(secrets[0])
    expect(fs.statSync(path.join(folder, 'secret.json')).mode & 0o777).toBe(0o600)
  })

  it('gives servers and workers the ballast file of the embedded database, and of no other', () => {
    vi.stubEnv('ECS_DATA_DIR', folder)
    vi.stubEnv('DATABASE_URL', '')
    const judgedBy = () => {
      const settings = readSettings(false)
      return [serverEnvironment(settings, 'url'), workerEnvironment(settings, 'url')].map((env) => env.ECS_BALLAST_FILE)
    }
    const file = path.join(folder, 'postgres', 'ballast')
    expect(judgedBy()).toEqual([file, file])
    vi.stubEnv('ECS_BALLAST', '0')
    expect(judgedBy()).toEqual(['', ''])
    vi.stubEnv('ECS_BALLAST', '')
    vi.stubEnv('DATABASE_URL', 'postgresql://elsewhere/console')
    expect(judgedBy()).toEqual(['', ''])
  })

  it('adds no demo data to a console that once started empty', async () => {
    vi.stubEnv('ECS_DEMO', 'off')
    await makeDemo(folder, process.env)
    vi.stubEnv('ECS_DEMO', '')
    // Would fail if it loaded demo data, because there is no database.
    await makeDemo(folder, { ...process.env, DATABASE_URL: '' })
    expect(fs.existsSync(path.join(folder, 'demo.json'))).toBe(false)
  })
})

describe('the welcome', () => {
  it('mentions the bootable image of the demo, if there is one', async () => {
    const data = path.join(folder, 'welcome')
    fs.mkdirSync(data)
    vi.stubEnv('ECS_DATA_DIR', data)
    const tip = async (more: object) => {
      fs.writeFileSync(path.join(data, 'demo.json'), JSON.stringify({ password: 'p', accounts: ['harbour'], ...more }))
      return (await signIn(readSettings(false), 'no database')).find((line) => line.startsWith('Try:'))
    }
    // Older demo files do not say; their demo had a bootable image unless the log said otherwise.
    for (const more of [{}, { boots: true }]) expect(await tip(more)).toMatch(/see it arrive, .* tiny-linux$/)
    expect(await tip({ boots: false })).toMatch(/see it arrive$/)
  })
})

describe('the migrations of a start', () => {
  it('are named in an upgrade and counted in a new database', () => {
    expect(migrated([], ['1_tables', '2_more'])).toBeNull()
    expect(migrated(['2_more'], ['1_tables', '2_more'])).toBe('Database brought up to date: 2_more')
    expect(migrated(['1_tables', '2_more'], ['1_tables', '2_more'])).toBe('Database set up (2 migrations).')
  })
})

describe('the commit of the files', () => {
  const place = (name: string, manifest: object) => {
    const root = path.join(folder, name)
    fs.mkdirSync(root)
    fs.writeFileSync(path.join(root, 'package.json'), JSON.stringify(manifest))
    return root
  }
  const git = (root: string, ...args: string[]) => {
    const who = { GIT_AUTHOR_NAME: 't', GIT_AUTHOR_EMAIL: 't@t', GIT_COMMITTER_NAME: 't', GIT_COMMITTER_EMAIL: 't@t' }
    return spawnSync('git', args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...who } }).stdout.trim()
  }

  it('is the one in a package or the one checked out, and says if files differ', () => {
    expect(commitOfFiles(place('package', { gitHead: '549efc4d1c2b' }))).toBe('549efc4d1c2b')
    const clone = place('clone', {})
    git(clone, 'init', '--quiet')
    git(clone, 'add', '.')
    git(clone, 'commit', '--quiet', '--message', 'Begin')
    git(clone, 'tag', 'v0.1.0')
    const commit = git(clone, 'rev-parse', '--short=12', 'HEAD')
    expect(commitOfFiles(clone)).toBe(commit)
    fs.appendFileSync(path.join(clone, 'package.json'), ' ')
    expect(commitOfFiles(clone)).toBe(`${commit}-dirty`)
  })

  it('is unknown in a copy without its history, even inside another clone', () => {
    expect(commitOfFiles(place('clone/copy', {}))).toBe('')
  })
})

describe('npm run worker', () => {
  it('without an own database needs a running console, and leaves its next start alone', () => {
    const own = { ECS_DATA_DIR: path.join(folder, 'nobody') }
    const { status, stderr } = startWith(own, ['--worker'])
    expect(status).toBe(1)
    expect(stderr).toBe(`No console runs from ${own.ECS_DATA_DIR}. Start it first, or set DATABASE_URL.\n`)
    expect(fs.existsSync(own.ECS_DATA_DIR)).toBe(false)
  })

  it('needs no secret', () => {
    const { stderr } = startWith({ DATABASE_URL: 'postgresql://nobody:pass@127.0.0.1:1/none' }, ['--worker'])
    expect(stderr).toContain('The database 127.0.0.1:1/none could not be brought up to date.')
  })
})

describe('a process that is kept running', () => {
  it('is restarted after it was killed, with a new environment on request, and stopped with the rest', async () => {
    const told = path.join(folder, 'told')
    const script = `require('fs').appendFileSync(${JSON.stringify(told)}, process.env.WORD + process.pid + '\\n'); setInterval(() => {}, 1e6)`
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const kept = keepRunning([{ name: 'test', args: ['-e', script] }], { ...process.env, WORD: 'a' })
    await kept.ready
    const first = await line(told, 1)
    process.kill(Number(first.slice(1)), 'SIGKILL')
    expect(await line(told, 2)).toMatch(/^a/)
    kept.restart({ ...process.env, WORD: 'b' })
    const third = await line(told, 3)
    expect(third).toMatch(/^b/)
    await kept.stop()
    expect(processStart(Number(third.slice(1)))).toBeUndefined()
  })

  it('is given up if it never becomes ready', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const kept = keepRunning(
      [{ name: 'test', args: ['-e', 'process.exit(3)'], isReady: async () => false }],
      process.env,
    )
    await expect(kept.ready).rejects.toThrow('The test does not start (code 3).')
  })

  it('ends itself if its supervisor is killed', async () => {
    const told = path.join(folder, 'orphan')
    const child = `require('fs').writeFileSync(${JSON.stringify(told)}, process.pid + '\\n'); setInterval(() => {}, 1e6)`
    const script = `
      const { keepRunning } = await import(${JSON.stringify(path.join(import.meta.dirname, 'children.ts'))})
      keepRunning([{ name: 'test', args: ['-e', ${JSON.stringify(child)}] }], process.env)`
    const supervisor = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
    const pid = Number(await line(told, 1))
    expect(processStart(pid)).toBeDefined()
    supervisor.kill('SIGKILL')
    await until(() => expect(processStart(pid)).toBeUndefined())
  })
})

describe('the summary of the tests', () => {
  const report = path.join(folder, 'report.json')
  const write = (content: unknown) => fs.writeFileSync(report, JSON.stringify(content))
  const vitest = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, testResults: [] }
  const stats = { expected: 2, unexpected: 0, flaky: 0, skipped: 0 }

  it('adds up the counts of each runner', () => {
    write(vitest)
    expect(sentence(tallyOfVitest(report, 0, false))).toBe('3 passed, 0 failed, 1 skipped')
    write({ errors: [], stats })
    expect(sentence(tallyOfPlaywright(report, 0, false))).toBe('2 passed, 0 failed')
  })

  it('counts as failures a file that did not load, a crash, a missing report and a run without tests', () => {
    write({ ...vitest, testResults: [{ name: path.resolve('lib/a.test.ts'), status: 'failed', assertionResults: [] }] })
    expect(tallyOfVitest(report, 1, false).failed).toBe(1)
    write(vitest)
    expect(tallyOfVitest(report, 'SIGSEGV', false).failed).toBe(1)
    expect(tallyOfVitest(`${report}.none`, 0, false).failed).toBe(1)
    write({ errors: [], stats: { ...stats, expected: 0 } })
    expect(tallyOfPlaywright(report, 0, false).failed).toBe(1)
    expect(isGood({ passed: 0, failed: 0, skipped: 5 })).toBe(false)
  })

  it('names each failed test, and ends with the sum', () => {
    const failed = { status: 'failed', fullName: 'shares once', failureMessages: ['expected 1 to be 2\nat line 3'] }
    write({
      ...{ ...vitest, numFailedTests: 1 },
      testResults: [{ name: path.resolve('lib/a.test.ts'), status: 'failed', assertionResults: [failed] }],
    })
    const lines = summary(tallyOfVitest(report, 1, false)).split('\n')
    expect(lines[0]).toBe('✘ lib/a.test.ts › shares once')
    expect(lines[1]?.trim()).toBe('expected 1 to be 2')
    expect(lines.at(-1)).toBe('3 passed, 1 failed, 1 skipped')
  })

  it('names a failed browser test with its line', () => {
    const spec = {
      title: 'opens',
      line: 7,
      tests: [{ status: 'unexpected', results: [{ error: { message: 'too late' } }] }],
    }
    write({ errors: [], stats: { ...stats, unexpected: 1 }, suites: [{ file: 'e2e/a.e2e.ts', specs: [spec] }] })
    const tally = tallyOfPlaywright(report, 1, false)
    expect(isGood(tally)).toBe(false)
    expect(summary(tally)).toContain('✘ e2e/a.e2e.ts:7 › opens')
  })
})

function startWith(env: Record<string, string>, args: string[] = []) {
  const clean = { PATH: process.env.PATH, NODE_ENV: process.env.NODE_ENV, ECS_DATA_DIR: folder }
  return spawnSync(process.execPath, [path.join(import.meta.dirname, 'start.mjs'), ...args], {
    env: { ...clean, ...env },
    encoding: 'utf8',
  })
}

/** A line of a file, waited for until it exists. */
async function line(file: string, number: number): Promise<string> {
  const look = () => {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : []
    return lines.length > number && lines[number - 1]
  }
  return await untilTrue(look)
}
