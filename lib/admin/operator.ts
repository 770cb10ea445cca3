import 'server-only'
import { type Context, mintViewer, operatorId } from '@/lib/auth/viewer'

/** The operator's context, for a master account or for none. The operator is not an account and cannot sign in. */
export function operatorContext(owner?: { id: string; username: string }): Context {
  const viewer = mintViewer({
    id: operatorId,
    username: operatorId,
    kind: 'MASTER',
    displayName: 'Operator',
    master: owner ?? null,
  })
  return { viewer, now: new Date(), address: null }
}
