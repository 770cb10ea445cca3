import type { NextRequest } from 'next/server'
import { billLines, findCurrency, type LedgerLine } from '@/lib/billing/reads'
import { csvLine, decimalOf } from '@/lib/billing/rules'
import { billParams } from '@/lib/billing/schema'
import { currentContext } from '@/lib/context'
import { minorDigits } from '@/lib/format'
import { logFault } from '@/lib/log'

const columns = [
  ['Hour', 'From', 'To', 'Kind', 'Instance', 'Instance name', 'Region', 'Type', 'vCPUs', 'Memory MiB'],
  ['Image', 'Image name', 'Image owner', 'Price', 'Amount', 'Currency', 'Note'],
].flat()

/** Without it spreadsheets assume a local encoding. */
const byteOrderMark = '\uFEFF'
const privately = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

/** The lines of a month's bill as CSV, sent while they are read: a long bill takes no memory. */
export async function GET(request: NextRequest): Promise<Response> {
  try {
    const ctx = await currentContext()
    if (!ctx) return Response.json({ refusal: { code: 'SIGNED_OUT' } }, { status: 401, headers: privately })
    const params = billParams.parse(Object.fromEntries(request.nextUrl.searchParams))
    const digits = minorDigits(await findCurrency())
    const pages = billLines(ctx, params)
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode(byteOrderMark + csvLine(columns))),
      pull: async (controller) => {
        const { done, value } = await pages.next()
        if (done) return controller.close()
        controller.enqueue(encoder.encode(value.map((line) => rowOf(line, digits)).join('')))
      },
      cancel: async () => void (await pages.return(undefined)),
    })
    const name = `bill${params.month ? `-${params.month}` : ''}.csv`
    const headers = {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="${name}"`,
    }
    return new Response(body, { headers: { ...privately, ...headers } })
  } catch (error) {
    const reference = logFault(error, request.nextUrl.pathname)
    return Response.json({ refusal: { code: 'FAULT', reference } }, { status: 500, headers: privately })
  }
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
