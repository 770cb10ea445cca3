import type { NextRequest } from 'next/server'
import type { Context } from '@/lib/auth/viewer'
import { billLines, findCurrency, type LedgerLine } from '@/lib/billing/reads'
import { decimalOf } from '@/lib/billing/rules'
import { type BillParams, billParams } from '@/lib/billing/schema'
import { currentContext } from '@/lib/context'
import { csvLine } from '@/lib/csv'
import { byteOrderMark, fileStream, privately } from '@/lib/file-stream'
import { minorDigits } from '@/lib/format'
import { logFault } from '@/lib/log'
import { needsOf, refuseUnpermitted } from '@/lib/permissions'

const columns = [
  ['Hour', 'From', 'To', 'Kind', 'Instance', 'Instance name', 'Region', 'Type', 'vCPUs', 'Memory MiB'],
  ['Image', 'Image name', 'Image owner', 'Price', 'Amount', 'Currency', 'Note'],
].flat()

/** The lines of a month's bill as CSV. */
export async function GET(request: NextRequest): Promise<Response> {
  try {
    const ctx = await currentContext()
    if (!ctx) return Response.json({ refusal: { code: 'SIGNED_OUT' } }, { status: 401, headers: privately })
    const unpermitted = refuseUnpermitted(ctx.viewer, needsOf('bill.read', {}))
    if (unpermitted) return Response.json({ refusal: unpermitted }, { status: 403, headers: privately })
    const params = billParams.parse(Object.fromEntries(request.nextUrl.searchParams))
    const digits = minorDigits(await findCurrency())
    return fileStream({
      name: `bill${params.month ? `-${params.month}` : ''}.csv`,
      type: 'text/csv; charset=utf-8',
      parts: csvParts(ctx, params, digits),
    })
  } catch (error) {
    const reference = logFault(error, request.nextUrl.pathname)
    return Response.json({ refusal: { code: 'FAULT', reference } }, { status: 500, headers: privately })
  }
}

async function* csvParts(ctx: Context, params: BillParams, digits: number): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(columns)
  for await (const lines of billLines(ctx, params)) yield lines.map((line) => rowOf(line, digits)).join('')
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
