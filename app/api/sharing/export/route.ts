import { csvLine } from '@/lib/csv'
import { byteOrderMark } from '@/lib/file-stream'
import { defineFile } from '@/lib/route'
import { shareLines } from '@/lib/shares/reads-list'
import { type ListedShare, shareExportParams } from '@/lib/shares/schema-list'

const columns = [
  ['Image', 'Image name', 'Account', 'Since', 'Until', 'Shared by'],
  ['State', 'Last used', 'Instances', 'Note', 'Share'],
].flat()

/** The shares of a tab of the Sharing page, or the selected ones, as CSV or JSON. */
export const GET = defineFile(
  shareExportParams,
  async function exportShares(ctx, list) {
    return { pages: shareLines(ctx, list) }
  },
  ({ pages }, { tab, region, format }) => ({
    name: `sharing-${tab}-${region}.${format}`,
    type: format === 'json' ? 'application/json; charset=utf-8' : 'text/csv; charset=utf-8',
    parts: format === 'json' ? jsonParts(pages) : csvParts(pages),
  }),
  { needs: 'images.read' },
)

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
