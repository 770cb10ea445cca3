import fs from 'node:fs'
import path from 'node:path'
import { dropDatabase } from '../db/beside'
import { firstStart, noteFirstStart } from '../embedded/first-start'
import { run } from './run'

const seed = ['--conditions=react-server', '--import', 'tsx', 'prisma/seed.ts']

/** Loads demo data at the first start, and records that: a console that started empty never gets demo accounts. */
export async function makeDemo(dataFolder: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (firstStart(dataFolder)) return
  if (process.env.ECS_DEMO === 'off') return noteFirstStart(dataFolder, 'off')
  console.log('Making the demo data …')
  noteFirstStart(dataFolder, 'making')
  await run(seed, env)
  noteFirstStart(dataFolder, 'made')
}

export async function forgetHalfADemo(dataFolder: string, databaseUrl: string): Promise<void> {
  if (firstStart(dataFolder) !== 'making') return
  await dropDatabase(databaseUrl)
  for (const name of ['stores', 'demo.json', 'first-start.json']) {
    fs.rmSync(path.join(dataFolder, name), { recursive: true, force: true })
  }
}
