import { lockPatienceMs } from '../patience'

// The settings of every connection, and what else it must be. They are set by statements, because poolers drop or refuse
// the start-up parameter `options`.

const settings = {
  // adapter-pg replaces a timestamp's offset by +00:00 without converting, so the session must be in UTC.
  TimeZone: 'UTC',
  // A lock that is not acquired in time becomes BUSY.
  lock_timeout: `${lockPatienceMs}`,
  // Ends an idle transaction, so that it cannot hold its locks.
  idle_in_transaction_session_timeout: `${1.5 * lockPatienceMs}`,
  statement_timeout: `${3 * lockPatienceMs}`,
  // Transactions rely on it and set no level of their own.
  default_transaction_isolation: 'read committed',
}

/** Settings that the product requires and does not set. */
const expected = {
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  // With `replica` neither foreign keys nor triggers are checked.
  session_replication_role: 'origin',
}

/** Longer than the server's own limit, so it only ends statements that the server never answers. */
export const answerMaxMs = 3 * lockPatienceMs + 2_000

/** Enough for an interactive transaction, which waits for a lock once or twice and does little else. */
export const transactionMaxMs = 2 * lockPatienceMs

/** The SQL that sets up a connection: several statements, one round trip. */
export const setSession = Object.entries(settings)
  .map(([name, value]) => `SET ${name} = '${value}'`)
  .join('; ')

/** The SQL that reads everything that `lostSettings` and `wrongSettings` judge: one row, a column for each. */
export const askSession = `SELECT ${Object.keys({ ...settings, ...expected })
  .map((name) => `(SELECT setting FROM pg_settings WHERE name = '${name}') AS "${name}"`)
  .join(', ')}`

/** The settings of a connection that it did not keep, in words; empty if it kept all. */
export function lostSettings(found: Record<string, unknown>): string[] {
  return differencesFrom(settings, found)
}

/** Settings of the database with which the product cannot work, in words; empty if all are right. */
export function wrongSettings(found: Record<string, unknown>): string[] {
  return differencesFrom(expected, found)
}

function differencesFrom(right: Record<string, string>, found: Record<string, unknown>): string[] {
  return Object.entries(right)
    .filter(([name, value]) => String(found[name]) !== value)
    .map(([name, value]) => `${name} is ${found[name]} and not ${value}`)
}
