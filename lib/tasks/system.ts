import 'server-only'
import { type Context, mintViewer, operatorId } from '@/lib/auth/viewer'

/** A context for a job that acts on behalf of an account; events say so. */
export function systemContext(owner: { id: string; username: string }, now: Date): Context {
  const viewer = mintViewer({
    id: operatorId,
    username: 'system',
    kind: 'MASTER',
    displayName: 'System',
    master: owner,
  })
  return { viewer, now, address: null }
}
