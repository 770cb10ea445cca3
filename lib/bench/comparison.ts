import fs from 'node:fs'
import { z } from 'zod'
import { linesOf, type Row, short } from './figures'

// Compares a run with a saved one. The machine may differ or be busier, so figures are compared as ratios to their
// limits, which were measured in the same run.

const saved = z.object({
  at: z.string(),
  machine: z.string(),
  figures: z.array(
    z.object({
      section: z.string(),
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      ratio: z.number().nullable(),
    }),
  ),
})

export type Saved = z.infer<typeof saved>

export function readFigures(file: string): Saved {
  return saved.parse(JSON.parse(fs.readFileSync(file, 'utf8')))
}

/** Each figure of this run relative to the other run: by its value and, where it has a limit, by its ratio to that. */
export function toComparison(rows: Row[], earlier: Saved['figures']): string {
  const lines = rows.map(({ section, name, value, unit, ratio }) => {
    const then = earlier.find((one) => one.section === section && one.name === name)
    if (!then) return [name, `${short(value)} ${unit}`, 'new', '', '']
    const ofLimit = ratio !== null && then.ratio ? (ratio / then.ratio).toFixed(2) : ''
    return [name, `${short(value)} ${unit}`, `${short(then.value)} ${unit}`, (value / then.value).toFixed(2), ofLimit]
  })
  return linesOf(['figure', 'now', 'then', 'now / then', 'of the limit, now / then'], lines).join('\n')
}
