import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fetchReaderParts } from '@/lib/machines/packages'
import { findReader, type Reader } from '@/lib/machines/reader'
import { inTurn } from '@/lib/start/turn.mjs'
import { whyNoMachine } from './boot-disk'

const name = `ecs-console-reader-${process.getuid?.() ?? 0}`

/** A folder with the parts of the machine that reads file systems, fetched once for all tests; null if unavailable. */
export async function readerParts(): Promise<string | null> {
  if (whyNoMachine() !== null) return null
  const recipe = createHash('sha256').update(fs.readFileSync(path.resolve('lib/machines/packages.ts')))
  const folder = path.join(os.tmpdir(), `${name}-${recipe.digest('hex').slice(0, 12)}`)
  return await inTurn('reader', async () => {
    if (!fs.existsSync(folder)) await fetchReaderParts(folder).catch(() => {})
    return fs.existsSync(folder) ? folder : null
  })
}

/** The command to start that machine, or why it cannot be started. */
export async function testReader(): Promise<{ reader: Reader | null; why: string }> {
  const parts = await readerParts()
  if (!parts) return { reader: null, why: whyNoMachine() ?? 'the packages of the machine cannot be had' }
  const settings = { accelerator: 'tcg', reserveMin: 0, firstUid: 610_000, isSandboxRequired: false } as const
  const found = await findReader({ ...settings, roots: [parts], folder: path.join(os.tmpdir(), `${name}-machines`) })
  return 'missing' in found ? { reader: null, why: found.missing } : { reader: found, why: '' }
}
