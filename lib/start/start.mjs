// `npm start` and `npm run worker`: checks what can be checked at once, then hands over to the supervisor.
import fs from 'node:fs'
import path from 'node:path'

process.chdir(path.resolve(import.meta.dirname, '../..'))
// Next reads this file too, but what is decided here must see the same settings.
if (fs.existsSync('.env')) process.loadEnvFile('.env')

const missing = ['NEXTAUTH_SECRET', 'NEXTAUTH_URL'].filter((name) => !process.env[name])
const isWorker = process.argv.includes('--worker')
if (process.env.DATABASE_URL && missing.length > 0 && !isWorker) {
  console.error(`DATABASE_URL is set, so ${missing.join(' and ')} must be set too.`)
  process.exit(1)
}

const { register } = await import('tsx/esm/api')
register()
const { runConsole, runWorker } = await import('./supervisor.ts')
if (isWorker) await runWorker()
else await runConsole({ isDevelopment: process.argv.includes('--dev') })
