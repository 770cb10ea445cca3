import 'server-only'
import { readFile } from 'node:fs/promises'
import { createTranslator } from 'use-intl/core'
import { findMaster } from '@/lib/accounts/reads'
import { type KnownCheckpoint, type VerifiedChain, verifyChain, verifyChains } from '@/lib/audit/reads-verify'
import { type AuditFault, faultMessage } from '@/lib/audit/rules'
import { type Checkpoint, checkpoint } from '@/lib/audit/schema'
import { operatorId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { StartError } from '@/lib/embedded/data-folder'
import en from '@/lib/messages/en.json'
import { ok, type Result, refuse } from '@/lib/result'
import { type Answer, answer } from './output'

const t = createTranslator({ locale: 'en', messages: en })

/** `audit verify`: a line for each chain; exit code 1 where one does not fit. */
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
    const accountId = username === operatorId ? operatorId : (await findMaster(username))?.id
    if (accountId === undefined) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
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

/** The name of the account of a chain; that of the operator is called by its id. */
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

/** What does not fit, in English. */
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
