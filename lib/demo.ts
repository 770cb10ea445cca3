import 'server-only'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { env } from '@/lib/env'

const demoFile = z.object({ password: z.string() })

export type DemoSignIn = { usernames: string[]; password: string }

/** The demo's sign-in; null without demo data. The password is included only on a loopback address. */
export async function demoSignIn(): Promise<DemoSignIn | null> {
  if (!process.env.ECS_EMBEDDED) return null
  const text = await readFile(path.join(env().ECS_DATA_DIR, 'demo.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const host = process.env.HOST ?? '127.0.0.1'
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(host) && env().ECS_TRUSTED_PROXIES === 0
  return { usernames: ['harbour', 'lantern'], password: isLocal ? demoFile.parse(JSON.parse(text)).password : '' }
}
