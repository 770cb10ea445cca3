import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { migrate } from '@/prisma/migrate'
import { firstStart, noteFirstStart } from '../embedded/first-start'
import { forgetHalfADemo } from './demo'

const url = process.env.DATABASE_URL ?? ''
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-demo-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
const disk = path.join(folder, 'stores/cn-shanghai/disk')
fs.mkdirSync(path.dirname(disk), { recursive: true })
fs.writeFileSync(disk, '')

it('removes interrupted demo data, and keeps complete ones', async () => {
  await run(`insert into "Region" values ('cn-shanghai', 'Shanghai', now())`)
  noteFirstStart(folder, 'made')
  await forgetHalfADemo(folder, url)
  expect(await run('select id from "Region"')).toEqual([{ id: 'cn-shanghai' }])
  expect(fs.existsSync(disk)).toBe(true)

  noteFirstStart(folder, 'making')
  await forgetHalfADemo(folder, url)
  expect(await migrate(url)).not.toEqual([])
  expect(await run('select id from "Region"')).toEqual([])
  expect(fs.existsSync(disk)).toBe(false)
  expect(firstStart(folder)).toBeUndefined()
})

async function run(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
