import path from 'node:path'
import pg from 'pg'
import { commandLine } from '../command-line'
import { readIfThere } from '../embedded/data-folder'
import type { Settings } from './settings'

const namesMax = 5

/** `demo.json`. `boots`: whether an image boots; older files lack it. */
type Demo = { password: string; accounts: string[]; boots?: boolean }

export async function welcome(settings: Settings, databaseUrl: string): Promise<void> {
  const lines = [`Open ECS Console: ${settings.url}`, ...(await signIn(settings, databaseUrl)), 'Ctrl-C ends it.']
  console.log(`\n  ${lines.join('\n  ')}\n`)
}

/** A line about the migrations that a start applied; null if there were none. A new database does not list all of them. */
export function migrated(applied: string[], all: string[]): string | null {
  if (applied.length === 0) return null
  if (applied.length === all.length) return `Database set up (${all.length} migrations).`
  return `Database brought up to date: ${applied.join(', ')}`
}

/** How to sign in: the demo's accounts, or the command that creates the first account. */
export async function signIn(settings: Settings, databaseUrl: string): Promise<string[]> {
  const demo = settings.databaseUrl ? undefined : readIfThere(path.join(settings.dataFolder, 'demo.json'))
  if (demo !== undefined) {
    const { password, accounts, boots = true }: Demo = JSON.parse(demo)
    const others = accounts.length > namesMax ? ` and ${accounts.length - namesMax} more` : ''
    return [
      `Sign in as:       ${accounts.slice(0, namesMax).join(', ')}${others}`,
      `Password:         ${password}`,
      `Try:              as harbour share web-01 with lantern, then sign in as lantern and see it arrive${boots ? ', and create an instance from tiny-linux' : ''}`,
    ]
  }
  if (await hasAccounts(databaseUrl)) return []
  return ['There is no account yet. Make one:', `  ${commandLine} account create <username> --password-stdin`]
}

async function hasAccounts(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query('select 1 from "Account" limit 1')
    return rows.length > 0
  } finally {
    await client.end()
  }
}
