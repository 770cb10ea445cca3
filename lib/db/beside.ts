import pg from 'pg'

/** Runs `work` connected to PostgreSQL's maintenance database, to create and drop others. */
export async function beside<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Drops a database, closing other connections to it. */
export async function dropDatabase(url: string): Promise<void> {
  await beside(url, async (client) => {
    await client.query(`drop database if exists ${client.escapeIdentifier(databaseName(url))} with (force)`)
  })
}

/** The name of the database in a PostgreSQL URL. */
export function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${encodeURIComponent(name)}` }).href
}
