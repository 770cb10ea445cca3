import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { withDatabase } from '@/lib/db/beside'
import { untilTrue } from '@/lib/testing/until'
import { migrate } from '@/prisma/migrate'
import { lockDataFolder, tryDataFolder } from './data-folder'
import { type EmbeddedDatabase, openDatabase, startDatabase } from './embedded'
import { noteFirstStart } from './first-start'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (let work = undo.pop(); work; work = undo.pop()) await work()
})

// Creating a cluster takes longest, so all tests share one, and each stops the servers it has started.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-embedded-'))
beforeAll(async () => (await startDatabase(folder, { throwaway: true })).stop())
afterAll(() => fs.rmSync(folder, { recursive: true }))

describe('the embedded PostgreSQL', () => {
  it('keeps committed rows when it is killed while writing, and starts again while its processes still exit', async () => {
    const first = await start()
    await migrate(first.url)
    await run(first.url, 'create table kept (n int); insert into kept values (1)')
    const busy = run(first.url, 'begin; insert into kept values (2); select count(*) from generate_series(1, 1e9)')
    busy.catch(() => {})
    const atWork =
      "select from pg_stat_activity where state = 'active' and query like '%generate_series(1, 1e9)' and pid <> pg_backend_pid()"
    await untilTrue(async () => (await run(first.url, atWork)).length === 1)
    process.kill(first.pid, 'SIGKILL')
    const second = await start()
    expect(second).toMatchObject({ url: first.url })
    expect(second.pid).not.toBe(first.pid)
    expect(await run(second.url, 'select n from kept')).toEqual([{ n: 1 }])
  })

  it('is adopted when the process that started it was killed', async () => {
    const left = await start()
    await migrate(left.url)
    const adopted = await start()
    expect(adopted).toMatchObject({ pid: left.pid, url: left.url })
    await adopted.stop()
    expect(left.isRunning()).toBe(false)
  })

  it('starts although the process id in its record belongs to another program by now', async () => {
    const first = await start()
    const record = path.join(folder, 'postgres/postmaster.pid')
    const left = fs.readFileSync(record, 'utf8').replace(String(first.pid), String(process.pid))
    await first.stop()
    fs.writeFileSync(record, left)
    expect((await start()).isRunning()).toBe(true)
  })

  it('moves to another port if its own is taken, and is found there', async () => {
    const first = await start()
    await first.stop()
    const port = Number(new URL(first.url).port)
    const other = net.createServer().listen(port, '127.0.0.1')
    undo.push(() => other.close())
    const second = await start()
    expect(new URL(second.url).port).not.toBe(String(port))
    expect(access().port).toBe(Number(new URL(second.url).port))
  })

  it('listens on the loopback address only, asks for the password, and keeps its files private', async () => {
    const { url } = await start()
    const [settings] = await run(
      withDatabase(url, 'postgres'),
      `select current_setting('listen_addresses') addresses, current_setting('unix_socket_directories') sockets,
        current_setting('TimeZone') zone, current_setting('max_connections') connections`,
    )
    expect(settings).toEqual({ addresses: '127.0.0.1', sockets: '', zone: 'UTC', connections: '200' })
    const wrong = new URL(withDatabase(url, 'postgres'))
    wrong.password = 'wrong'
    await expect(run(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    expect(fs.statSync(path.join(folder, 'postgres.json')).mode & 0o777).toBe(0o600)
    expect(fs.statSync(folder).mode & 0o007).toBe(0)
  })
})

describe('the data folder', () => {
  it('is refused to a second start, with the process id of the first', async () => {
    const folder = emptyFolder()
    const lock = await lockDataFolder(folder, 'server')
    await expect(lockDataFolder(folder, 'server')).rejects.toThrow(`in use by process ${process.pid}`)
    lock.release()
    expect(tryDataFolder(folder, 'server')).toHaveProperty('lock')
  })

  it('is free again after its holder was killed, and goes to one of several that ask at once', async () => {
    const killed = taker()
    const held = emptyFolder()
    expect(await killed.take(held)).toBe(true)
    const [lock = ''] = fs.readdirSync(held)
    killed.process.kill('SIGKILL')
    const [one, other] = [taker(), taker()]
    // Both have answered once, so both are equally ready when they ask for the same folder.
    expect([await one.take(emptyFolder()), await other.take(emptyFolder())]).toEqual([true, true])
    for (const folder of Array.from({ length: 100 }, emptyFolder)) {
      fs.copyFileSync(path.join(held, lock), path.join(folder, lock))
      const [first, second] = await Promise.all([one.take(folder), other.take(folder)])
      expect(Number(first) + Number(second)).toBe(1)
    }
  })

  it('gives a command the database of a running console, which keeps running', async () => {
    const lock = await lockDataFolder(folder, 'server')
    const running = await start()
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    undo.push(() => said.mockRestore())
    const opening = openDatabase(folder)
    await untilTrue(() => said.mock.calls.length > 0)
    lock.say('open')
    const opened = await opening
    expect(opened).toMatchObject({ url: running.url, isOurs: false })
    await opened.stop()
    expect(running.isRunning()).toBe(true)
    lock.release()
  })

  it('gives a command a database for its own duration when no console runs', async () => {
    await (await start()).stop()
    const opened = await openDatabase(folder)
    expect(opened.isOurs).toBe(true)
    await migrate(opened.url)
    // A second command waits for the first, whose database would otherwise stop under it.
    const second = openDatabase(folder)
    await opened.stop()
    expect(await run((await second).url, 'select 1 as one')).toEqual([{ one: 1 }])
    await (await second).stop()
    expect(fs.existsSync(path.join(folder, 'postgres/postmaster.pid'))).toBe(false)
  })

  it('is refused to a command while it has half of the demo data, which the next start deletes', async () => {
    const folder = emptyFolder()
    noteFirstStart(folder, 'making')
    await expect(openDatabase(folder)).rejects.toThrow('The first start was cut off.')
    expect(tryDataFolder(folder, 'server')).toHaveProperty('lock')
  })
})

function emptyFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-embedded-'))
  undo.push(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function start(): Promise<EmbeddedDatabase> {
  const database = await startDatabase(folder, { throwaway: true })
  undo.push(() => database.stop())
  return database
}

async function run(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

function access(): { port: number } {
  return JSON.parse(fs.readFileSync(path.join(folder, 'postgres.json'), 'utf8'))
}

/** A process that locks folders on request, and reports whether it got each; it lives until the test ends. */
function taker() {
  const script = `
    const { createInterface } = await import('node:readline')
    const { tryDataFolder } = await import(${JSON.stringify(path.join(import.meta.dirname, 'data-folder.ts'))})
    for await (const folder of createInterface({ input: process.stdin }))
      console.log('lock' in tryDataFolder(folder, 'server'))`
  const taking = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  undo.push(() => taking.kill('SIGKILL'))
  const take = async (folder: string) => {
    taking.stdin.write(`${folder}\n`)
    const [answer] = await once(taking.stdout, 'data')
    return String(answer) === 'true\n'
  }
  return { process: taking, take }
}
