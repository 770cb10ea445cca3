import 'server-only'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { findSigningKey } from '@/lib/auth/signing-key'
import { csvLine } from '@/lib/csv'
import { byteOrderMark } from '@/lib/file-stream'
import { chainRows, checkpointRows, type EntryRow } from './reads'
import { type EntryTexts, entryFields } from './rules'

type Batches = AsyncGenerator<EntryRow[]>
type Parts = AsyncGenerator<string>

/** An entry as texts with its hash: a line of an export, from which the hash can be recomputed. */
export function entryLine(row: EntryRow): EntryTexts & { hash: string } {
  return { ...row, seq: String(row.seq), eventId: String(row.eventId), at: row.at.toISOString() }
}

/** One JSON object per line. */
export async function* jsonLines(batches: AsyncGenerator<object[]>): Parts {
  for await (const rows of batches) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** Entries as one JSON object per line, with the values in the order of the hash. */
export async function* entryLines(batches: Batches): Parts {
  for await (const rows of batches)
    yield rows
      .map(entryLine)
      .map((line) => `${JSON.stringify(line, [...entryFields, 'hash'])}\n`)
      .join('')
}

/** Entries as one JSON array. */
export async function* entryArray(batches: Batches): Parts {
  let before = '[\n'
  for await (const rows of batches) {
    yield before + rows.map((row) => JSON.stringify(entryLine(row), [...entryFields, 'hash'])).join(',\n')
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

/** Entries as CSV. */
export async function* entryTable(batches: Batches): Parts {
  yield byteOrderMark + csvLine([...entryFields, 'hash'])
  for await (const rows of batches)
    yield rows
      .map(entryLine)
      .map((line) => csvLine([...entryFields.map((field) => line[field] ?? ''), line.hash]))
      .join('')
}

const readMe = `The audit trail of one account of Open ECS Console.

entries.jsonl      every entry from the first, one JSON object a line
entries.csv        the same for a spreadsheet; nothing proves this copy
checkpoints.jsonl  signatures of the trail up to an entry, made each hour
public-key.pem     the key that they are verified with
verify-audit.mjs   proves entries.jsonl, without the console and its database: node verify-audit.mjs . <key>

Ask the operator for the id of the key (audit key). It ends with 0 only if that key proves every entry, and with 3 if the newest
entries have no checkpoint yet.
Take the script from a console that you trust (/verify-audit.mjs) if you do not trust this archive.
`

/** The whole trail of a tenant as files, with its checkpoints and a script that verifies it without the database. */
export async function proofFiles(accountId: string): Promise<{ name: string; parts: Parts }[]> {
  const [script, key] = await Promise.all([readFile(path.resolve('public/verify-audit.mjs'), 'utf8'), findSigningKey()])
  const publicKey = key?.publicKey.export({ type: 'spki', format: 'pem' }).toString() ?? ''
  return [
    { name: 'README.txt', parts: once(readMe) },
    { name: 'verify-audit.mjs', parts: once(script) },
    { name: 'public-key.pem', parts: once(publicKey) },
    { name: 'checkpoints.jsonl', parts: jsonLines(checkpointRows(accountId)) },
    { name: 'entries.jsonl', parts: entryLines(chainRows(accountId)) },
    { name: 'entries.csv', parts: entryTable(chainRows(accountId)) },
  ]
}

async function* once(text: string): Parts {
  yield text
}
