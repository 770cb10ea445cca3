import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { beside, databaseName, dropDatabase, withDatabase } from '@/lib/db/beside'
import { startDatabase } from '@/lib/embedded/embedded'
import { migrate } from '../../prisma/migrate'

declare module 'vitest' {
  interface ProvidedContext {
    testDatabase: TestDatabase
  }
}

/** A database with only the schema, which is copied for each test file. */
type TestDatabase = { template: string; dataFolder: string }

/** Uses the PostgreSQL of TEST_DATABASE_URL, or starts one in a temporary folder. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-test-'))
  const given = process.env.TEST_DATABASE_URL
  const embedded = given ? undefined : await startDatabase(dataFolder, { throwaway: true })
  const template = withDatabase(given ?? embedded?.url ?? '', `ecs_test_${randomBytes(4).toString('hex')}`)
  await migrate(template)
  project.provide('testDatabase', { template, dataFolder })
  return async () => {
    if (embedded) await embedded.stop()
    else await dropWithCopies(template)
    // What tests have killed may be ending.
    fs.rmSync(dataFolder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

export async function dropWithCopies(url: string): Promise<void> {
  const find = 'select datname from pg_database where starts_with(datname, $1)'
  const { rows } = await beside(url, (client) => client.query(find, [databaseName(url)]))
  for (const { datname } of rows) await dropDatabase(withDatabase(url, datname))
}
