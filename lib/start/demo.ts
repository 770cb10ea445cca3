import fs from 'node:fs'
import path from 'node:path'
import { dropDatabase } from '../db/beside'
import { firstStart, noteFirstStart } from '../embedded/first-start'
import { run } from './run'

const seed = ['--conditions=react-server', '--import', 'tsx', 'prisma/seed.ts']

/**
 * Fills an embedded database with the demo data when it starts for the first time, unless ECS_DEMO=off. That the first
 * start is over is kept, so that a console which once began empty never finds demo accounts in it later.
 */
export async function makeDemo(dataFolder: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (firstStart(dataFolder)) return
  if (process.env.ECS_DEMO === 'off') return noteFirstStart(dataFolder, 'off')
  console.log('Making the demo data …')
  noteFirstStart(dataFolder, 'making')
  await run(seed, env)
  noteFirstStart(dataFolder, 'made')
}

/** Clears away what a first start that was cut off has left, so that this start is the first one. */
export async function forgetHalfADemo(dataFolder: string, databaseUrl: string): Promise<void> {
  if (firstStart(dataFolder) !== 'making') return
  await dropDatabase(databaseUrl)
  for (const name of ['stores', 'demo.json', 'first-start.json']) {
    fs.rmSync(path.join(dataFolder, name), { recursive: true, force: true })
  }
}
