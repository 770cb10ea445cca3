import fs from 'node:fs'
import path from 'node:path'
import { readIfThere } from './data-folder'

/** making: the demo data is on its way, or was when that start was cut off. off: the console was wanted empty. */
type FirstStart = 'making' | 'made' | 'off'

/** The state of the first start of a data folder; undefined before it. */
export function firstStart(folder: string): FirstStart | undefined {
  const text = readIfThere(fileOf(folder))
  return text === undefined ? undefined : JSON.parse(text).demo
}

/** Records how the first start of a data folder went. */
export function noteFirstStart(folder: string, demo: FirstStart): void {
  const file = fileOf(folder)
  fs.writeFileSync(`${file}.new`, `${JSON.stringify({ demo })}\n`, { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

function fileOf(folder: string): string {
  return path.join(folder, 'first-start.json')
}
