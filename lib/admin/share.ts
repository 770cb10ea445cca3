import 'server-only'
import { findImageRecord } from '@/lib/images/reads-records'
import { ok, type Result, refuse } from '@/lib/result'
import { findSharer, listShareRecords } from '@/lib/shares/reads'
import type { ShareRecord } from '@/lib/shares/schema'
import { cancelShare } from '@/lib/shares/writes-end'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'

export async function showShares(imageId: string): Promise<Result<Answer>> {
  if (!(await findImageRecord(imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  const columns = [
    { header: 'Share', cell: (share: ShareRecord) => share.id },
    { header: 'Recipient', cell: (share: ShareRecord) => share.recipient },
    { header: 'Shared by', cell: (share: ShareRecord) => share.sharedBy },
    { header: 'Shared since', cell: (share: ShareRecord) => share.sharedAt },
    { header: 'State', cell: (share: ShareRecord) => share.status.toLowerCase() },
    { header: 'Until', cell: (share: ShareRecord) => share.until ?? '' },
    { header: 'Reason', cell: (share: ShareRecord) => share.reason ?? '' },
  ]
  return ok(list(await listShareRecords(imageId), columns, 'The image is not shared with anybody.'))
}

export async function endShare(shareId: string): Promise<Result<Answer>> {
  const owner = await findSharer(shareId)
  if (!owner) return refuse({ code: 'SHARE_NOT_FOUND' })
  const cancelled = await cancelShare(operatorContext(owner), { shareId })
  if (!cancelled.ok) return cancelled
  return ok(answer({ id: shareId }, [`Cancelled ${shareId}.`]))
}
