import { serveConsoleLog } from '@/lib/viewers/bytes'

export const GET = serveConsoleLog
