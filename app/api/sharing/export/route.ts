import type { NextRequest } from 'next/server'
import { currentContext } from '@/lib/context'
import { csvLine } from '@/lib/csv'
import { byteOrderMark, fileStream, privately } from '@/lib/file-stream'
import { logFault } from '@/lib/log'
import { needsOf, refuseUnpermitted } from '@/lib/permissions'
import { shareLines } from '@/lib/shares/reads-list'
import { type ListedShare, shareExportParams } from '@/lib/shares/schema-list'

const columns = [
  ['Image', 'Image name', 'Account', 'Since', 'Until', 'Shared by'],
  ['State', 'Last used', 'Instances', 'Note', 'Share'],
].flat()

/** The shares of a tab of the Sharing page, or the selected ones, as CSV or JSON. */
export async function GET(request: NextRequest): Promise<Response> {
  try {
    const ctx = await currentContext()
    if (!ctx) return Response.json({ refusal: { code: 'SIGNED_OUT' } }, { status: 401, headers: privately })
    const { searchParams } = request.nextUrl
    const chosen = searchParams.getAll('ids')
    const asked = shareExportParams.safeParse({
      ...Object.fromEntries(searchParams),
      ids: chosen.length > 0 ? chosen : undefined,
    })
    if (!asked.success)
      return Response.json(
        { refusal: { code: 'INVALID_INPUT', field: 'ids', problem: 'invalid' } },
        { status: 400, headers: privately },
      )
    const unpermitted = refuseUnpermitted(ctx.viewer, needsOf('images.read', asked.data))
    if (unpermitted) return Response.json({ refusal: unpermitted }, { status: 403, headers: privately })
    const { tab, region, format } = asked.data
    const pages = shareLines(ctx, asked.data)
    return fileStream({
      name: `sharing-${tab}-${region}.${format}`,
      type: format === 'json' ? 'application/json; charset=utf-8' : 'text/csv; charset=utf-8',
      parts: format === 'json' ? jsonParts(pages) : csvParts(pages),
    })
  } catch (error) {
    const reference = logFault(error, request.nextUrl.pathname)
    return Response.json({ refusal: { code: 'FAULT', reference } }, { status: 500, headers: privately })
  }
}

type Pages = AsyncGenerator<ListedShare[]>

async function* csvParts(pages: Pages): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(columns)
  for await (const shares of pages) yield shares.map(rowOf).join('')
}

async function* jsonParts(pages: Pages): AsyncGenerator<string> {
  let before = '[\n'
  for await (const shares of pages) {
    yield before + shares.map((share) => JSON.stringify(share)).join(',\n')
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

function rowOf(share: ListedShare): string {
  return csvLine([
    ...[share.imageId, share.image, share.username, share.sharedAt, share.until ?? '', share.sharedBy],
    ...[share.state.toLowerCase(), share.lastUsedAt ?? '', share.instances, share.note, share.id],
  ])
}
