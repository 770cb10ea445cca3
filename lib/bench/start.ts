import fs from 'node:fs'
import { type Findings, median } from './figures'
import { makeDatabase, type Place, tell } from './place'
import { startConsole, startServer } from './programs'

const secondsMax = 5
const starts = 3

/** The time of a second `npm start` until its first answer, compared with the server alone. */
export async function measureStart(place: Place): Promise<Findings> {
  tell('Start: the first one builds what is not built and makes the demo data …')
  await (await startConsole(place)).stop()
  const database = await makeDatabase(place, 'start')
  const [whole, serverAlone]: [number[], number[]] = [[], []]
  for (let round = 0; round < starts; round++) {
    whole.push(await secondsOf(() => startConsole(place)))
    serverAlone.push(await secondsOf(() => startServer(place, fs.realpathSync('.'), database, {})))
  }
  return {
    figures: [
      {
        section: 'start',
        name: 'second npm start to the first answer',
        value: median(whole),
        unit: 's',
        limit: { value: median(serverAlone), of: 'next start alone' },
        aim: { of: 'value', bound: 'at most', number: secondsMax },
      },
    ],
    notes: [],
  }
}

async function secondsOf(start: () => Promise<{ stop(): Promise<void> }>): Promise<number> {
  const began = performance.now()
  const running = await start()
  const seconds = (performance.now() - began) / 1_000
  await running.stop()
  return seconds
}
