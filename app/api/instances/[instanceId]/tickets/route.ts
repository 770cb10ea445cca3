import type { NextRequest } from 'next/server'
import { isOwnForm } from '@/lib/auth/form'
import { defineRead } from '@/lib/route'
import { openTicketInput } from '@/lib/tickets/schema'
import { openTicket } from '@/lib/tickets/writes'

const open = defineRead(openTicketInput, openTicket, { needs: 'instances.change' })

/**
 * Issues a ticket for the console or the screen of an own machine: `?kind=console&from=<byte>&takeOver=yes`. A route and not
 * a server action, because Next.js runs the actions of a page one after another.
 */
export async function POST(
  request: NextRequest,
  route: { params: Promise<Record<string, string>> },
): Promise<Response> {
  if (!isOwnForm(request))
    return Response.json({ refusal: { code: 'NOT_PERMITTED', policy: null, region: null } }, { status: 403 })
  return await open(request, route)
}
