import fs from 'node:fs'
import path from 'node:path'
import { readIfThere } from './data-folder'

/** making: demo data is being loaded, or was when that start was interrupted. off: started without demo data. */
type FirstStart = 'making' | 'made' | 'off'

/** The state of the first start of a data folder; undefined before it. */
export function firstStart(folder: string): FirstStart | undefined {
  const text = readIfThere(fileOf(folder))
  return text === undefined ? undefined : JSON.parse(text).demo
}

/** Records the state of a data folder's first start. */
export function noteFirstStart(folder: string, demo: FirstStart): void {
  const file = fileOf(folder)
  fs.writeFileSync(`${file}.new`, `${JSON.stringify({ demo })}\n`, { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

function fileOf(folder: string): string {
  return path.join(folder, 'first-start.json')
}
