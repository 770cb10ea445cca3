import path from 'node:path'
import { loadSettings } from './settings-file.mjs'

process.chdir(path.resolve(import.meta.dirname, '../..'))
loadSettings()

if (process.argv.includes('--build')) await buildOnly()

const missing = ['NEXTAUTH_SECRET', 'NEXTAUTH_URL'].filter((name) => !process.env[name])
const isWorker = process.argv.includes('--worker')
if (process.env.DATABASE_URL && missing.length > 0 && !isWorker) {
  console.error(`DATABASE_URL is set, so ${missing.join(' and ')} must be set too.`)
  process.exit(1)
}

await withTypeScript()
const { runConsole, runWorker } = await import('./supervisor.ts')
if (isWorker) await runWorker()
else await runConsole({ isDevelopment: process.argv.includes('--dev') })

/** Only builds, for a folder that the console cannot write to when it serves. */
async function buildOnly() {
  await withTypeScript()
  const { build, buildFolder } = await import('./build.ts')
  await build(buildFolder(), process.env)
  process.exit(0)
}

async function withTypeScript() {
  const { register } = await import('tsx/esm/api')
  register()
}
