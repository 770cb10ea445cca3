import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { memoryMibMax, vcpusMax } from '@/lib/instance-types/rules'
import type { Work } from './run'

type Run = (work: Work) => Promise<void>

const price = ['<price>', 'the price of an hour in the currency of the console, such as 0.08', toAmount] as const

export function addType(type: Command, run: Run): void {
  type
    .command('list')
    .description('list instance types with their current and future prices')
    .action(() => run(async () => (await import('./type')).showTypes()))
  type
    .command('add <id>')
    .description('add an instance type')
    .argument('<vcpus>', `1 to ${vcpusMax}`, toCount(vcpusMax))
    .argument('<memory-mib>', `1 to ${memoryMibMax}`, toCount(memoryMibMax))
    .argument(...price)
    .action((id: string, vcpus: number, memoryMib: number, amount: string) =>
      run(async () => (await import('./type')).addType({ type: id, vcpus, memoryMib }, amount)),
    )
  type
    .command('price <id>')
    .description('set the price of a type from the next full hour on; the current hour keeps its price')
    .argument(...price)
    .action((id: string, amount: string) => run(async () => (await import('./type')).changePrice(id, amount)))
  type
    .command('retire <id>')
    .description('retire a type: new instances cannot use it, existing ones go on')
    .action((id: string) => run(async () => (await import('./type')).retireType(id)))
}

export function addLedger(ledger: Command, run: Run): void {
  ledger
    .command('adjust <instanceId>')
    .description('correct the charge of one hour of an instance with another line')
    .argument('<hour>', 'a charged hour in UTC, such as 2026-11-27T10:00Z', toHour)
    .argument('<amount>', 'the amount added to the bill, such as -0.08 (put -- before a negative one)', toAmount)
    .requiredOption('--note <text>', 'why; the tenant reads it')
    .action((instanceId: string, hour: Date, amount: string, options: { note: string }) =>
      run(async () => (await import('./ledger')).adjust({ instanceId, hour, note: options.note }, amount)),
    )
}

function toCount(max: number) {
  return (typed: string): number => {
    const count = /^\d{1,9}$/.test(typed) ? Number(typed) : 0
    if (count >= 1 && count <= max) return count
    throw new InvalidArgumentError(`Give a whole number from 1 to ${max}.`)
  }
}

// The number of decimals depends on the currency, which the ledger decides.
function toAmount(typed: string): string {
  if (/^-?\d{1,9}(\.\d{1,4})?$/.test(typed)) return typed
  throw new InvalidArgumentError('Give an amount such as 0.08.')
}

function toHour(typed: string): Date {
  const [, day, hour] = /^(\d{4}-\d\d-\d\d)[T ](\d\d)(:00){0,2}(\.000)?Z$/.exec(typed) ?? []
  const at = new Date(`${day}T${hour}:00:00.000Z`)
  if (!Number.isNaN(at.getTime())) return at
  throw new InvalidArgumentError('Give a full hour in UTC such as 2026-11-27T10:00Z.')
}
