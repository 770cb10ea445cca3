import 'server-only'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { env } from '@/lib/env'

const demoFile = z.object({ password: z.string() })

export type DemoSignIn = { usernames: string[]; password: string }

/**
 * What the sign-in page offers where the demo data is loaded; null elsewhere. The password is filled in only where the
 * console answers to this machine alone: on any other address it would let the whole network in.
 */
export async function demoSignIn(): Promise<DemoSignIn | null> {
  if (!process.env.ECS_EMBEDDED) return null
  const text = await readFile(path.join(env().ECS_DATA_DIR, 'demo.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const host = process.env.HOST ?? '127.0.0.1'
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(host) && env().ECS_TRUSTED_PROXIES === 0
  return { usernames: ['harbour', 'lantern'], password: isLocal ? demoFile.parse(JSON.parse(text)).password : '' }
}
