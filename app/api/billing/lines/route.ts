import { billLines, findCurrency, type LedgerLine } from '@/lib/billing/reads'
import { decimalOf } from '@/lib/billing/rules'
import { billParams } from '@/lib/billing/schema'
import { csvLine } from '@/lib/csv'
import { byteOrderMark } from '@/lib/file-stream'
import { minorDigits } from '@/lib/format'
import { defineFile } from '@/lib/route'

const columns = [
  ['Hour', 'From', 'To', 'Kind', 'Instance', 'Instance name', 'Region', 'Type', 'vCPUs', 'Memory MiB'],
  ['Image', 'Image name', 'Image owner', 'Price', 'Amount', 'Currency', 'Note'],
].flat()

/** The lines of a month's bill as CSV. */
export const GET = defineFile(
  billParams,
  async function exportBillLines(ctx, bill) {
    return { lines: billLines(ctx, bill), digits: minorDigits(await findCurrency()) }
  },
  ({ lines, digits }, { month }) => ({
    name: `bill${month ? `-${month}` : ''}.csv`,
    type: 'text/csv; charset=utf-8',
    parts: csvParts(lines, digits),
  }),
  { needs: 'bill.read' },
)

async function* csvParts(batches: AsyncGenerator<LedgerLine[]>, digits: number): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(columns)
  for await (const lines of batches) yield lines.map((line) => rowOf(line, digits)).join('')
}

function rowOf(line: LedgerLine, digits: number): string {
  const time = (at: Date) => at.toISOString()
  const money = (minor: number) => decimalOf(minor, digits)
  return csvLine([
    ...[time(line.hour), time(line.from), time(line.to), line.kind.toLowerCase(), line.instanceId, line.instanceName],
    ...[line.regionId, line.typeId, line.vcpus, line.memoryMib, line.imageId, line.imageName, line.imageOwnerName],
    ...[money(line.price), money(line.amount), line.currency, line.note],
  ])
}
