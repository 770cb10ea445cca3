import 'server-only'
import { z } from 'zod'
import { currentContext } from '@/lib/context'
import { instanceId } from '@/lib/fields'
import { logFault } from '@/lib/log'
import { hostMachines } from '@/lib/machines/machines'
import type { Refusal } from '@/lib/result'
import { statusOf } from '@/lib/status'
import { findMachineName } from '@/lib/tickets/reads'

type RouteParams = { params: Promise<Record<string, string>> }
type Served = { body: Buffer; headers: Record<string, string> }

/** A GET route of a machine's output or picture, running or not. Only for its owner, and not cacheable. */
function machineRoute(operation: string, read: (id: string, name: string) => Promise<Served | null>) {
  return async (_: Request, { params }: RouteParams): Promise<Response> => {
    try {
      const ctx = await currentContext()
      if (!ctx) return refused({ code: 'SIGNED_OUT' })
      const asked = z.object({ instanceId }).safeParse(await params)
      const name = asked.success ? await findMachineName(ctx, asked.data.instanceId) : null
      const served = asked.success && name !== null ? await read(asked.data.instanceId, name) : null
      if (!served) return refused({ code: 'INSTANCE_NOT_FOUND' })
      return new Response(new Uint8Array(served.body), { headers: { ...noStore, ...served.headers } })
    } catch (error) {
      const refusal = { code: 'FAULT' as const, reference: logFault(error, operation) }
      return Response.json({ refusal }, { status: statusOf(refusal), headers: noStore })
    }
  }
}

const noStore = { 'Cache-Control': 'private, no-store' }

function refused(refusal: Refusal): Response {
  return Response.json({ refusal }, { status: statusOf(refusal), headers: noStore })
}

export const serveConsoleLog = machineRoute('console-log', async (id, name) => ({
  body: await hostMachines().consoleLog(id),
  headers: {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(`${name}-console.log`)}`,
  },
}))

export const servePicture = machineRoute('picture', async (id) => {
  const body = await hostMachines().picture(id)
  return body && { body, headers: { 'Content-Type': 'image/png', 'Content-Disposition': 'inline' } }
})
