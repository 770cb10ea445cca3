import { getCheckExport } from '@/lib/checks/reads'
import { toSarif } from '@/lib/checks/rules'
import { checkExportParams } from '@/lib/checks/schema'
import { defineFile } from '@/lib/route'
import { version } from '@/lib/version'

/** The check report of an own image as a file: plain JSON, or SARIF for viewers of other tools' findings. */
export const GET = defineFile(
  checkExportParams,
  getCheckExport,
  (report, { imageId, format }) => ({
    name: `disk-check-${imageId}.${format}`,
    body: format === 'sarif' ? toSarif(report, version) : report,
  }),
  { needs: 'images.read' },
)
