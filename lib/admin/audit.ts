import 'server-only'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createTranslator } from 'use-intl/core'
import { findMaster } from '@/lib/accounts/reads'
import { checkpointRows } from '@/lib/audit/reads'
import { jsonLines, proofFiles } from '@/lib/audit/reads-export'
import { type KnownCheckpoint, verifyChain, verifyChains } from '@/lib/audit/reads-verify'
import { type AuditFault, faultMessage } from '@/lib/audit/rules'
import type { VerifiedChain } from '@/lib/audit/schema'
import { type Checkpoint, checkpoint } from '@/lib/audit/schema'
import { signingKey } from '@/lib/auth/signing-key'
import { operatorId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { StartError } from '@/lib/embedded/data-folder'
import { archiveParts } from '@/lib/file-stream'
import en from '@/lib/messages/en.json'
import { ok, type Result, refuse } from '@/lib/result'
import { type Answer, answer, deliver } from './output'

const t = createTranslator({ locale: 'en', messages: en })

/** `audit verify`: a line for each chain; exit code 1 if one has a fault. */
export async function verifyTrails(
  username: string | null,
  { file, signal }: { file: string | null; signal: AbortSignal },
): Promise<Result<Answer>> {
  const options = { signal, known: file === null ? [] : await readCheckpoints(file) }
  const verified: (VerifiedChain & { username: string })[] = []
  if (username === null) {
    for await (const chain of verifyChains(options))
      verified.push({ username: await usernameOf(chain.accountId), ...chain })
  } else {
    const accountId = await trailOf(username)
    if (accountId === null) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
    verified.push({ username, ...(await verifyChain(accountId, options)) })
  }
  const said = answer(
    verified,
    verified.map((chain) => `${chain.username}: ${sentenceOf(chain)}`),
  )
  if (verified.length === 0) said.lines.push('Nothing has been recorded yet.')
  const bad = verified.filter(({ fault }) => fault !== null).length
  if (bad > 0) said.complaint = `${bad} of ${verified.length} audit trails do not fit.`
  return ok(said)
}

/** The username of a chain's account; for the operator's chain its id. */
export async function usernameOf(accountId: string): Promise<string> {
  const account = await db().account.findUnique({ where: { id: accountId }, select: { username: true } })
  return account?.username ?? accountId
}

function sentenceOf({ entries, checkpoints, foreign, signedAt, fault }: VerifiedChain): string {
  if (fault) return faultSentence(fault)
  const signed = signedAt === null ? 'no checkpoint' : `${checkpoints} checkpoints, the newest of ${signedAt}`
  const others = foreign > 0 ? `; ${foreign} checkpoints of another key were not verified` : ''
  return `${entries} entries, all as they were recorded; ${signed}${others}`
}

/** `audit export`: writes the whole trail of an account with its proof to a ZIP archive. Refuses an existing file. */
export async function exportTrail(username: string, file: string, signal: AbortSignal): Promise<Result<Answer>> {
  const accountId = await trailOf(username)
  if (accountId === null) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const parts = archiveParts(await proofFiles(accountId))
  await pipeline(parts, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal }).catch((error: Error) => {
    throw new StartError(`${file} could not be written: ${error.message}.`)
  })
  return ok(answer({ file }, [`Wrote ${file}. The archive has a script that proves it: node verify-audit.mjs . <key>`]))
}

/** `audit checkpoints`: those of one account or of all, one JSON object per line. */
export async function showCheckpoints(username: string | null): Promise<Result<Answer>> {
  const accountId = username === null ? null : await trailOf(username)
  if (username !== null && accountId === null) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  for await (const lines of jsonLines(checkpointRows(accountId))) await deliver(lines)
  return ok(answer(undefined, []))
}

/** `audit key`: the public key that verifies checkpoints. */
export async function showKey(): Promise<Result<Answer>> {
  const { id, publicKey } = await signingKey()
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return ok(answer({ id, publicKey: pem }, [`Key ${id}`, pem.trimEnd()]))
}

/** The account id of a trail by username; the operator's trail is called operator. Null: unknown. */
async function trailOf(username: string): Promise<string | null> {
  return username === operatorId ? operatorId : ((await findMaster(username))?.id ?? null)
}

/** A fault as an English sentence. */
export function faultSentence(fault: AuditFault): string {
  const facts = { seq: fault.seq ?? '', eventId: fault.eventId ?? '', signedAt: fault.signedAt ?? '' }
  return t(`audit.faults.${faultMessage(fault)}`, facts)
}

async function readCheckpoints(file: string): Promise<KnownCheckpoint[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new StartError(`${file} could not be read: ${error.message}.`)
  })
  try {
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => toKnown(checkpoint.parse(JSON.parse(line))))
  } catch {
    throw new StartError(`${file} has something else than checkpoints, one JSON object a line.`)
  }
}

function toKnown({ seq, at, ...line }: Checkpoint): KnownCheckpoint {
  return { ...line, seq: BigInt(seq), at: new Date(at) }
}
