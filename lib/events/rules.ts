/** All recorded actions. Past events keep their name, so a name is never changed. */
export const eventActions = [
  'image.import',
  'image.available',
  'image.fail',
  'image.update',
  'image.tag',
  'image.delete',
  'image.cancel',
  'image.protect',
  'image.unprotect',
  'image.deprecate',
  'image.undeprecate',
  'image.restore',
  'image.purge',
  'image.copy',
  'image.copied',
  'image.clean',
  'image.cleaned',
  'image.make',
  'image.check',
  'image.findings',
  'finding.ignore',
  'finding.count',
  'share.create',
  'share.cancel',
  'share.accept',
  'share.decline',
  'share.extend',
  'share.ending',
  'share.expire',
  'share.lapse',
  'account.create',
  'account.disable',
  'account.enable',
  'account.password',
  'account.incoming',
  'account.policies',
  'group.create',
  'group.update',
  'group.delete',
  'session.end',
  'session.place',
  'session.refuse',
  'operation.refuse',
  'region.create',
  'region.rename',
  'quota.set',
  'instance.create',
  'instance.run',
  'instance.start',
  'instance.stop',
  'instance.restart',
  'instance.rebuild',
  'instance.restore',
  'instance.rename',
  'instance.protect',
  'instance.type',
  'instance.fail',
  'instance.end',
  'instance.terminate',
  'snapshot.create',
  'snapshot.available',
  'snapshot.fail',
  'snapshot.delete',
  'type.add',
  'type.price',
  'type.retire',
  'ledger.adjust',
] as const

export type EventAction = (typeof eventActions)[number]

/** The action that records an expired share: its end has come, or nobody has answered it. */
export function overAction({
  expiresAt,
  answerBy,
}: {
  expiresAt: Date | null
  answerBy: Date | null
}): 'share.lapse' | 'share.expire' {
  return answerBy && (!expiresAt || answerBy < expiresAt) ? 'share.lapse' : 'share.expire'
}

/** The most events of one operation: one for each recipient of a share. */
export const operationEventsMax = 20

/**
 * Details that a recipient does not see in events of its share: why it was shared in spite of its findings. The
 * trigger `extend_audit_chains` omits the same.
 */
export const ownersOnly: readonly string[] = ['reason', 'findings', 'unchecked']

/** An event's details as the recipient of a share may read them. */
export function heldDetails<T>(details: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(details).filter(([name]) => !ownersOnly.includes(name)))
}

type Operation = { action: string; at: string; actor: string }

/** Whether two consecutive events belong to one operation: same action, account and time. */
export function isSameOperation(one: Operation | undefined, other: Operation): boolean {
  return one?.action === other.action && one.at === other.at && one.actor === other.actor
}

/** Groups consecutive events by operation. */
export function operationsOf<E extends Operation>(events: E[]): E[][] {
  const operations: E[][] = []
  for (const event of events) {
    const last = operations.at(-1)
    if (last && isSameOperation(last.at(-1), event)) last.push(event)
    else operations.push([event])
  }
  return operations
}

type Values = Record<string, string | number | null>

/** An event's details for changed values: the old and new values that differ. Undefined means unchanged. */
export function changesOf(before: Values, asked: Record<string, string | number | null | undefined>) {
  const [was, is]: [Values, Values] = [{}, {}]
  for (const [name, value] of Object.entries(asked)) {
    const old = before[name] ?? null
    if (value === undefined || value === old) continue
    was[name] = old
    is[name] = value
  }
  return { before: was, after: is }
}
