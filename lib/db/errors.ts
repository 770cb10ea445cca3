import 'server-only'
import { Late } from '@/lib/patience'

type Cause = { kind?: string; originalCode?: string; code?: string }

// adapter-pg reports errors in three shapes: a known Prisma code, a bare DriverAdapterError with a cause, and P2010
// with the cause in meta. Only this function knows all three.
function causes(error: unknown): Cause[] {
  if (typeof error !== 'object' || error === null) return []
  const found: Cause[] = []
  if ('code' in error && typeof error.code === 'string') found.push({ code: error.code, originalCode: error.code })
  if ('cause' in error) found.push(...causeOf(error.cause))
  if ('meta' in error && typeof error.meta === 'object' && error.meta !== null && 'driverAdapterError' in error.meta) {
    found.push(...causes(error.meta.driverAdapterError))
  }
  return found
}

function causeOf(cause: unknown): Cause[] {
  if (typeof cause !== 'object' || cause === null) return []
  const kind = 'kind' in cause && typeof cause.kind === 'string' ? cause.kind : undefined
  const original = 'originalCode' in cause && typeof cause.originalCode === 'string' ? cause.originalCode : undefined
  return [{ kind, originalCode: original }, ...causes(cause)]
}

/** A deadlock or serialization failure: the transaction was rolled back and may be run again. */
export function isWriteConflict(error: unknown): boolean {
  return causes(error).some(
    (cause) =>
      cause.code === 'P2034' ||
      cause.kind === 'TransactionWriteConflict' ||
      cause.originalCode === '40001' ||
      cause.originalCode === '40P01',
  )
}

/** A row lock was not acquired within `lock_timeout`, or no connection became free in time. */
export function isBusy(error: unknown): boolean {
  return causes(error).some((cause) => cause.originalCode === '55P03' || cause.code === 'P2028')
}

/** SQLSTATEs of a PostgreSQL that is stopping, starting or out of connections. */
const awayCodes = ['57P01', '57P02', '57P03', '53300']
const awayKinds = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']
/** Messages of pg, which has no codes for these errors. */
const awayMessages = [
  'Connection terminated unexpectedly',
  'Connection terminated',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Query read timeout',
]

/** The database was unreachable or the connection broke, so the outcome is unknown. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof Error && awayMessages.includes(error.message)) return true
  return causes(error).some(
    ({ kind = '', originalCode = '', code = '' }) =>
      awayKinds.includes(kind) ||
      awayCodes.includes(originalCode) ||
      originalCode.startsWith('08') ||
      ['P1001', 'P1002', 'P1008', 'P1017', 'P2024'].includes(code),
  )
}

/** The database cannot be reached, or did not answer in time. */
export function isSilent(error: unknown): boolean {
  return error instanceof Late || isDatabaseAway(error)
}

/** PostgreSQL could not write because its disk is full. Nothing was done. */
export function isDatabaseFull(error: unknown): boolean {
  return causes(error).some((cause) => cause.originalCode === '53100')
}

/** A unique constraint was violated. */
export function isUniqueViolation(error: unknown): boolean {
  return causes(error).some((cause) => cause.code === 'P2002' || cause.originalCode === '23505')
}
