import fs from 'node:fs'
import path from 'node:path'
import { readIfThere } from './data-folder'

/** making: the demo data is on its way, or was when that start was cut off. off: the console was wanted empty. */
type FirstStart = 'making' | 'made' | 'off'

export function firstStart(folder: string): FirstStart | undefined {
  const text = readIfThere(fileOf(folder))
  return text === undefined ? undefined : JSON.parse(text).demo
}

export function noteFirstStart(folder: string, demo: FirstStart): void {
  const file = fileOf(folder)
  fs.writeFileSync(`${file}.new`, `${JSON.stringify({ demo })}\n`, { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

function fileOf(folder: string): string {
  return path.join(folder, 'first-start.json')
}
