// What every connection of the product's own is set to, and what else a connection must be. Asked for by statements and not
// by the start-up parameter `options`: poolers drop or refuse that one.

/** In PostgreSQL's own writing, as SHOW answers it. */
const settings = {
  // adapter-pg replaces a timestamp's offset by +00:00 without converting, so the session must be in UTC.
  TimeZone: 'UTC',
  // A lock that is not acquired in time becomes BUSY.
  lock_timeout: '10s',
  // A transaction that idles is ended so that it cannot hold locks.
  idle_in_transaction_session_timeout: '15s',
  statement_timeout: '30s',
  // Every transaction of ours runs under it and says none of its own.
  default_transaction_isolation: 'read committed',
}

/** Nothing that we set, but the product is wrong with any other. */
const expected = {
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  // With `replica` neither foreign keys nor triggers are checked.
  session_replication_role: 'origin',
}

/** Longer than the server's own limit, so that this ends only what the server does not answer at all. */
export const answerMaxMs = 32_000

/** Sets a connection up. Several statements, one round trip. */
export const setSession = Object.entries(settings)
  .map(([name, value]) => `SET ${name} = '${value}'`)
  .join('; ')

/** Asks for all that `wrongSettings` judges: one row, a column for each. */
export const askSession = `SELECT ${Object.keys({ ...settings, ...expected })
  .map((name) => `current_setting('${name}') AS "${name}"`)
  .join(', ')}`

/** What a connection is set to and should not be, in words; empty when all is well. */
export function wrongSettings(found: Record<string, unknown>): string[] {
  return Object.entries({ ...settings, ...expected })
    .filter(([name, value]) => String(found[name]) !== value)
    .map(([name, value]) => `${name} is ${found[name]} and not ${value}`)
}
