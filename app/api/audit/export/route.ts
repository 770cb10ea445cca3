import { auditRows } from '@/lib/audit/reads'
import { entryArray, entryTable, proofFiles } from '@/lib/audit/reads-export'
import { auditExportParams } from '@/lib/audit/schema'
import { archiveParts } from '@/lib/file-stream'
import { defineFile } from '@/lib/route'

const types = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  proof: 'application/zip',
}

/** The filtered entries as CSV or JSON, or the whole audit trail with its proof as a ZIP. */
export const GET = defineFile(
  auditExportParams,
  async function exportAudit(ctx, asked) {
    const { format } = asked
    if (format === 'proof') return archiveParts(await proofFiles(ctx.viewer.ownerId))
    return format === 'json' ? entryArray(auditRows(ctx, asked)) : entryTable(auditRows(ctx, asked))
  },
  (parts, { format }) => ({ name: `audit.${format === 'proof' ? 'zip' : format}`, type: types[format], parts }),
  { needs: 'account.manage' },
)
