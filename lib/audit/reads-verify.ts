import 'server-only'
import { createHash } from 'node:crypto'
import { findSigningKey, isSigned, type SigningKey } from '@/lib/auth/signing-key'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { ownersOnly } from '@/lib/events/rules'
import {
  type AuditFault,
  type AuditFaultKind,
  chainOrigin,
  checkpointText,
  type EventBehind,
  faultOfContent,
} from './rules'
import type { OwnVerification, VerifiedChain } from './schema'

const entriesAtOnce = 5_000
const eventsAtOnce = 50_000n
const none = { seq: null, eventId: null, signedAt: null }
const [beforeAll, afterAll] = [-(2n ** 63n), 2n ** 63n - 1n]

/** An exported checkpoint, which the database may have lost. */
export type KnownCheckpoint = {
  accountId: string
  seq: bigint
  hash: string
  at: Date
  keyId: string
  signature: string
}

type VerifyOptions = { signal?: AbortSignal | null; known?: KnownCheckpoint[]; atOnce?: number }

/**
 * Recomputes the chain of a tenant from its first entry, compares it with the events, the checkpoints in the database and the
 * given ones, and reports the first fault. Memory is bounded and statements are short, so the console keeps working
 * meanwhile.
 */
export async function verifyChain(accountId: string, options: VerifyOptions = {}): Promise<VerifiedChain> {
  const verified = await walkChain(accountId, options)
  verified.fault ??= await findOwnUnchained(accountId, options)
  return verified
}

/** Verifies the chains of all tenants and of the operator, one by one in the order of their ids. */
export async function* verifyChains(options: VerifyOptions = {}): AsyncGenerator<VerifiedChain> {
  const unchained = await findAllUnchained(options.signal ?? null)
  for (const { accountId } of await listChains()) {
    const verified = await walkChain(accountId, options)
    verified.fault ??= unchained.get(accountId) ?? null
    unchained.delete(accountId)
    yield verified
  }
  const counts = { entries: 0, checkpoints: 0, foreign: 0 }
  for (const [accountId, fault] of unchained) yield { accountId, ...counts, hash: null, signedAt: null, fault }
}

async function walkChain(accountId: string, options: VerifyOptions): Promise<VerifiedChain> {
  const { signal = null, known = [], atOnce = entriesAtOnce } = options
  const walk = new Walk(accountId, await findSigningKey())
  const head = await findHead(accountId)
  const own = known.filter((one) => one.accountId === accountId)
  for (let after = beforeAll; ; ) {
    signal?.throwIfAborted()
    const rows = await readEntries(accountId, after, atOnce)
    const last = rows.at(-1)
    const upTo = last && rows.length === atOnce ? last.seq : afterAll
    const signed = [
      ...own.filter(({ seq }) => seq > after && seq <= upTo),
      ...(await readSigned(accountId, after, upTo)),
    ]
    // The chain may have grown and been signed since its last entries were read.
    const isNewer = upTo === afterAll && signed.some(({ seq }) => seq > (last?.seq ?? after))
    const newer = isNewer ? await readEntries(accountId, last?.seq ?? after, atOnce) : []
    if (walk.take([...rows, ...newer], signed) || upTo === afterAll) break
    after = upTo
  }
  walk.end(head, await findHead(accountId))
  return walk.verified
}

async function findHead(accountId: string): Promise<Head | null> {
  return await db().auditChain.findUnique({ where: { accountId }, select: { seq: true, hash: true } })
}

/** The accounts with a chain, in the order of their ids; `operator` is the operator's. */
async function listChains(): Promise<{ accountId: string }[]> {
  return await db().$queryRaw<{ accountId: string }[]>`
    SELECT "accountId" FROM "AuditChain" UNION SELECT DISTINCT "accountId" FROM "AuditCheckpoint" ORDER BY 1`
}

type Head = { seq: bigint; hash: string }

type EntryRow = { seq: bigint; eventId: bigint; hash: string; content: string; behind: EventBehind }

async function readEntries(accountId: string, after: bigint, atOnce: number): Promise<EntryRow[]> {
  return await db().$queryRaw<EntryRow[]>`
    SELECT a.seq, a."eventId", a.hash, array_to_json(ARRAY[a."accountId", a.seq::text, a."eventId"::text,
      to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), a.action, a."actorId", a."actorName", a.address,
      a."ownerName", a."regionId", a."imageId", a."imageName", a."shareId", a."recipientName", a."instanceId",
      a."instanceName", a."snapshotId", a."snapshotName", a.details])::text AS content,
      CASE WHEN e.id IS NULL THEN 'gone' WHEN ${isSameEvent} THEN 'same' ELSE 'differs' END AS behind
    FROM "AuditEntry" a LEFT JOIN "Event" e ON e.id = a."eventId"
    WHERE a."accountId" = ${accountId} AND a.seq > ${after} ORDER BY a.seq LIMIT ${atOnce}`
}

/** Whether an entry matches its event. It is the tenant's view: the actor may be masked, and some details left out. */
const isSameEvent = Prisma.sql`(a.at, a.action, a."ownerName", a."regionId", a."imageId", a."imageName", a."shareId",
    a."recipientName", a."instanceId", a."instanceName", a."snapshotId", a."snapshotName")
  IS NOT DISTINCT FROM (e.at, e.action, e."ownerName", e."regionId", e."imageId", e."imageName", e."shareId",
    e."recipientName", e."instanceId", e."instanceName", e."snapshotId", e."snapshotName")
  AND ((a."actorId" = e."actorId" AND a."actorName" = e."actorName" AND a.address IS NOT DISTINCT FROM e.address)
    OR (a.address IS NULL AND a."actorName" IN (e."ownerName", e."recipientName")))
  AND a.details IN (e.details::text, (e.details - ${ownersOnly}::text[])::text)`

async function readSigned(accountId: string, after: bigint, upTo: bigint): Promise<KnownCheckpoint[]> {
  return await db().auditCheckpoint.findMany({
    where: { accountId, seq: { gt: after, lte: upTo } },
    select: { accountId: true, seq: true, hash: true, at: true, keyId: true, signature: true },
  })
}

/** One pass over a chain, entry by entry. */
class Walk {
  private seq = 0n
  private hash: string
  readonly verified: VerifiedChain

  constructor(
    private readonly accountId: string,
    private readonly key: SigningKey | null,
  ) {
    this.hash = createHash('sha256').update(chainOrigin(accountId)).digest('hex')
    const counts = { entries: 0, checkpoints: 0, foreign: 0 }
    this.verified = { accountId, ...counts, hash: null, signedAt: null, fault: null }
  }

  /** Checks the next entries with the checkpoints among and after them. True: a fault was found, and the pass is over. */
  take(rows: EntryRow[], signed: KnownCheckpoint[]): boolean {
    const waiting = signed.toSorted((one, other) => Number(one.seq - other.seq))
    for (const row of rows) {
      if (this.takeEntry(row)) return true
      while (waiting[0] && waiting[0].seq <= this.seq) if (this.takeSigned(waiting.shift())) return true
    }
    return waiting.some((one) => this.takeSigned(one))
  }

  private takeEntry({ seq, eventId, hash, content, behind }: EntryRow): boolean {
    const expected = this.seq + 1n
    if (seq > expected) return this.fail('removed', { seq: String(expected) })
    const named = { seq: String(seq), eventId: String(eventId) }
    if (seq < expected) return this.fail('inserted', named)
    this.hash = createHash('sha256').update(this.hash).update(content).digest('hex')
    if (this.hash !== hash) return this.fail(faultOfContent(behind), named)
    if (behind !== 'same') return this.fail(behind === 'gone' ? 'event-removed' : 'event-changed', named)
    this.seq = seq
    this.verified.entries++
    this.verified.hash = hash
    return false
  }

  private takeSigned(one: KnownCheckpoint | undefined): boolean {
    if (!one) return false
    const { seq, hash, at, keyId, signature } = one
    const signedAt = at.toISOString()
    if (keyId !== this.key?.id) {
      this.verified.foreign++
      return false
    }
    const text = checkpointText({ accountId: this.accountId, seq: String(seq), hash }, signedAt)
    if (!isSigned(this.key, text, signature)) return this.fail('signature', { seq: String(seq), signedAt })
    if (seq > this.seq) return this.fail('removed', { seq: String(this.seq + 1n), signedAt })
    if (hash !== this.hash) return this.fail('rewritten', { seq: String(seq), signedAt })
    this.verified.checkpoints++
    this.verified.signedAt = signedAt
    return false
  }

  /** The chain may have grown during the pass, so the previous head must be in it, and the new head must contain it. */
  end(before: Head | null, after: Head | null): void {
    if (this.verified.fault) return
    if (before && before.seq > this.seq) this.fail('removed', { seq: String(this.seq + 1n) })
    else if ((after?.seq ?? 0n) < this.seq || (after?.seq === this.seq && this.seq > 0n && after.hash !== this.hash))
      this.fail('head', { seq: String(this.seq) })
  }

  private fail(kind: AuditFaultKind, facts: Partial<AuditFault>): true {
    this.verified.fault = { kind, ...none, ...facts }
    return true
  }
}

/**
 * The first event of a tenant without an entry in its chain. Reads only the tenant's own events: those of the master and its
 * sub-accounts as owners, or with it as recipient.
 */
async function findOwnUnchained(
  accountId: string,
  { signal = null, atOnce = entriesAtOnce }: VerifyOptions,
): Promise<AuditFault | null> {
  const owners = await db().account.findMany({ where: { masterId: accountId }, select: { id: true } })
  const self = await db().account.findUnique({ where: { id: accountId }, select: { masterId: true } })
  // Events of a sub-account are in its master's chain.
  const ownerIds = [...owners.map(({ id }) => id), ...(self?.masterId ? [] : [accountId])]
  for (let after: bigint | null = 0n; after !== null; ) {
    signal?.throwIfAborted()
    const found: { last: bigint | null; missing: bigint | null }[] = await db().$queryRaw`
      WITH own AS (
        SELECT e.id FROM unnest(${ownerIds}::text[]) AS owner(id) CROSS JOIN LATERAL (
          SELECT id FROM "Event" WHERE "ownerId" = owner.id AND id > ${after} ORDER BY id LIMIT ${atOnce}) e
        UNION (SELECT id FROM "Event" WHERE "recipientId" = ${accountId} AND id > ${after} ORDER BY id LIMIT ${atOnce})
      ), page AS (SELECT id FROM own ORDER BY id LIMIT ${atOnce})
      SELECT max(id) AS last, min(id) FILTER (WHERE NOT EXISTS (
        SELECT FROM "AuditEntry" a WHERE a."eventId" = page.id AND a."accountId" = ${accountId})) AS missing FROM page`
    const { last = null, missing = null } = found[0] ?? {}
    if (missing !== null) return { kind: 'event-unchained', ...none, eventId: String(missing) }
    after = last
  }
  return null
}

/** By tenant, the first event without an entry in its chain. */
async function findAllUnchained(signal: AbortSignal | null): Promise<Map<string, AuditFault>> {
  const faults = new Map<string, AuditFault>()
  const [bounds] = await db().$queryRaw<{ last: bigint | null }[]>`SELECT max(id) AS last FROM "Event"`
  const last = bounds?.last ?? 0n
  for (let after = 0n; after < last; after += eventsAtOnce) {
    signal?.throwIfAborted()
    const found = await db().$queryRaw<{ tenant: string; id: bigint }[]>`
      SELECT t.tenant, min(e.id) AS id FROM "Event" e LEFT JOIN "Account" o ON o.id = e."ownerId"
        CROSS JOIN LATERAL (SELECT coalesce(o."masterId", e."ownerId") AS tenant
          UNION SELECT e."recipientId" WHERE e."recipientId" IS NOT NULL) t
      WHERE e.id > ${after} AND e.id <= ${after + eventsAtOnce}
        AND NOT EXISTS (SELECT FROM "AuditEntry" a WHERE a."eventId" = e.id AND a."accountId" = t.tenant)
      GROUP BY t.tenant ORDER BY 2`
    for (const { tenant, id } of found)
      if (!faults.has(tenant)) faults.set(tenant, { kind: 'event-unchained', ...none, eventId: String(id) })
  }
  return faults
}

/** How long a page waits for a verification. Longer ones are left to the operator. */
const ownPatienceMs = 60_000
const ownAtOnce = 2
/** Running verifications by tenant. Each reads a whole trail, so a tenant has one at a time, and a process few. */
const kept = globalThis as typeof globalThis & { ecsAuditVerifying?: Set<string> }

/** Verifies the trail of the viewer's master account, for the page. */
export async function verifyOwnChain({ viewer: { ownerId } }: Context): Promise<OwnVerification> {
  kept.ecsAuditVerifying ??= new Set()
  const running = kept.ecsAuditVerifying
  if (running.has(ownerId) || running.size >= ownAtOnce) return { status: 'busy' }
  running.add(ownerId)
  const signal = AbortSignal.timeout(ownPatienceMs)
  try {
    return { status: 'verified', chain: await verifyChain(ownerId, { signal }) }
  } catch (error) {
    if (signal.aborted) return { status: 'long' }
    throw error
  } finally {
    running.delete(ownerId)
  }
}
