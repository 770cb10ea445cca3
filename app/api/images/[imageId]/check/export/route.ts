import type { NextRequest } from 'next/server'
import { getCheckExport } from '@/lib/checks/reads'
import { toSarif } from '@/lib/checks/rules'
import { checkExportParams } from '@/lib/checks/schema'
import { currentContext } from '@/lib/context'
import { logFault } from '@/lib/log'
import { version } from '@/lib/version'

const privately = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

/** The report of an own image as a file: plain JSON, or SARIF for whatever shows findings of other tools. */
export async function GET(
  request: NextRequest,
  { params }: { params: Promise<{ imageId: string }> },
): Promise<Response> {
  try {
    const ctx = await currentContext()
    if (!ctx) return Response.json({ refusal: { code: 'SIGNED_OUT' } }, { status: 401, headers: privately })
    const asked = checkExportParams.safeParse({
      ...Object.fromEntries(request.nextUrl.searchParams),
      ...(await params),
    })
    const report = asked.success ? await getCheckExport(ctx, asked.data) : null
    if (!asked.success || !report)
      return Response.json({ refusal: { code: 'IMAGE_NOT_FOUND' } }, { status: 404, headers: privately })
    const { imageId, format } = asked.data
    const name = `disk-check-${imageId}.${format}`
    const headers = { ...privately, 'Content-Disposition': `attachment; filename="${name}"` }
    return Response.json(format === 'sarif' ? toSarif(report, version) : report, { headers })
  } catch (error) {
    const reference = logFault(error, request.nextUrl.pathname)
    return Response.json({ refusal: { code: 'FAULT', reference } }, { status: 500, headers: privately })
  }
}
