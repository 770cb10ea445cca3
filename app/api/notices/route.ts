import { listNotices } from '@/lib/notices/reads'
import { noticeParams } from '@/lib/notices/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(noticeParams, listNotices, { needs: 'signed-in' })
