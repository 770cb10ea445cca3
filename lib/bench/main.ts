import fs from 'node:fs'
import os from 'node:os'
import { Argument, Command, InvalidArgumentError } from 'commander'
import { end, endOnSignals, isEnding } from '../start/ending'
import { measureAudit } from './audit'
import { readFigures, toComparison } from './comparison'
import { measureDisks } from './disks'
import { type Findings, toRow, toTable } from './figures'
import { measureGuest } from './guest'
import { measureInstanceLists } from './instance-lists'
import { measureJavaScript } from './javascript'
import { measureLoad } from './load'
import { measureMachines } from './machines'
import { measureMetering } from './metering'
import { measurePages } from './pages'
import { makePlace, type Place, type Sizes, tell } from './place'
import { measureShares } from './shares'
import { measureStart } from './start'
import { measureStreams } from './streams'
import { measureViews } from './views'

// `npm run bench`: the speed of the product, each figure beside its limit on the same machine in the same run.

const sections: Record<string, (place: Place) => Promise<Findings>> = {
  shares: measureShares,
  load: measureLoad,
  pages: measurePages,
  streams: measureStreams,
  javascript: measureJavaScript,
  start: measureStart,
  guest: measureGuest,
  disks: measureDisks,
  instances: measureInstanceLists,
  machines: measureMachines,
  bill: measureMetering,
  audit: measureAudit,
  views: measureViews,
}

type Options = Sizes & { json?: boolean; verbose?: boolean; save?: string; against?: string }

const program = new Command('npm run bench --')
  .description('Measures the speed of the console and prints one table.')
  .addArgument(new Argument('[section...]', 'what to measure; everything without').choices(Object.keys(sections)))
  .option('--json', 'print one JSON value')
  .option('--save <file>', 'also write the figures to a file that a later run is held against')
  .option('--against <file>', 'also print how each figure compares with that file')
  .option('--verbose', 'also say what the figures are made of')
  .option('--images <number>', 'the largest number of images in the database', toCount, 1_000_000)
  .option('--shares <number>', 'shares in a round', toCount, 500)
  .option('--requests <number>', 'requests in a round', toCount, 100)
  .option('--rounds <number>', 'rounds, of which the median counts', toCount, 3)
  .action(run)

async function run(named: string[], { json, verbose, save, against, ...sizes }: Options): Promise<void> {
  endOnSignals(130)
  // Read first, so that a wrong name fails before the run.
  const earlier = against === undefined ? null : readFigures(against)
  const before = os.loadavg()[0] ?? 0
  const findings: Findings[] = []
  const rowsFound = () => findings.flatMap(({ figures }) => figures.map(toRow))
  const about = { at: new Date().toISOString(), machine: machine(before) }
  const print = () => {
    const rows = rowsFound()
    const notes = verbose ? findings.flatMap((found) => found.notes) : []
    if (json) return console.log(JSON.stringify({ figures: rows, notes }, null, 2))
    console.log(['', toTable(rows), '', about.machine, ...notes].join('\n'))
    if (earlier)
      console.log(['', `Against ${earlier.at}, ${earlier.machine}`, toComparison(rows, earlier.figures)].join('\n'))
  }
  try {
    const place = await makePlace(sizes, verbose === true)
    for (const [name, measure] of Object.entries(sections)) {
      if (named.length > 0 && !named.includes(name)) continue
      const began = performance.now()
      findings.push(await measure(place))
      tell(`The section ${name} took ${Math.round((performance.now() - began) / 1_000)} s.`)
    }
    if (isEnding()) return
    if (save !== undefined) fs.writeFileSync(save, `${JSON.stringify({ ...about, figures: rowsFound() }, null, 2)}\n`)
    print()
    await end(0)
  } catch (error) {
    if (!isEnding()) {
      // A run takes minutes, so its figures so far are shown. They are not saved, being incomplete.
      print()
      console.error(error)
    }
    await end(1)
  }
}

function machine(before: number): string {
  const cores = os.cpus()
  return `${cores.length} × ${cores[0]?.model}, Node ${process.version}; load of the machine when it began: ${before.toFixed(2)}`
}

function toCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return count
}

await program.parseAsync()
