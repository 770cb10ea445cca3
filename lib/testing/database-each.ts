import fs from 'node:fs'
import path from 'node:path'
import { inject } from 'vitest'
import { beside, databaseName, withDatabase } from '@/lib/db/beside'

// Runs before each file of database tests, and so before anything has read these settings.
const { template, dataFolder } = inject('testDatabase')
const source = databaseName(template)
const copy = `${source}_${crypto.randomUUID().slice(0, 8)}`
await beside(template, (client) => client.query(`create database "${copy}" template "${source}"`))

process.env.DATABASE_URL = withDatabase(template, copy)
process.env.ECS_DATA_DIR = fs.mkdtempSync(path.join(dataFolder, 'data-'))
process.env.NEXTAUTH_SECRET = 'a secret of the tests'
process.env.NEXTAUTH_URL = 'http://127.0.0.1:3000'
