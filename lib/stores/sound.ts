import 'server-only'
import { isIntact } from './checksum'
import { StoreUnreachable } from './errors'
import { storeOf } from './store'

export type Expected = { region: string; key: string; sha256: string; size: number }

type Check = { answer: Promise<'intact' | 'damaged' | 'replaced'>; waiting: number; stop: AbortController }

/** A medium may decay without its file system noticing, so a verification expires. */
const soundForMs = 10 * 60 * 1_000
const sound = new Map<string, number>()
const running = new Map<string, Check>()
/** Maximum number of reads if the bytes are replaced during each. */
const triesMax = 3

/**
 * Whether a store has these bytes, by their checksum. Each content and version is read only once: concurrent callers
 * share the read, which is aborted when nobody waits for it any more, and a success is reused for ten minutes while the store
 * reports no change.
 */
export async function isSound(expected: Expected, signal: AbortSignal): Promise<boolean> {
  const { region, key, size } = expected
  for (let tries = 0; tries < triesMax; tries++) {
    signal.throwIfAborted()
    const found = await storeOf(region).stat(key)
    if (found?.size !== size) return false
    const seal = `${region} ${key} ${found.version}`
    if (isRemembered(seal)) return true
    const answer = await join(running.get(seal) ?? begin(expected, found.version, seal), signal)
    if (answer !== 'replaced') return answer === 'intact'
  }
  throw new StoreUnreachable(`The bytes of ${key} in ${region} are replaced again and again.`)
}

function isRemembered(seal: string): boolean {
  const oldest = Date.now() - soundForMs
  for (const [known, at] of sound) if (at < oldest) sound.delete(known)
  return sound.has(seal)
}

function begin(expected: Expected, version: string, seal: string): Check {
  const stop = new AbortController()
  const check: Check = { answer: compare(expected, version, stop.signal), waiting: 0, stop }
  running.set(seal, check)
  const forget = () => {
    if (running.get(seal) === check) running.delete(seal)
  }
  check.answer.then((answer) => {
    if (answer === 'intact') sound.set(seal, Date.now())
    forget()
  }, forget)
  stop.signal.addEventListener('abort', forget)
  return check
}

async function compare(expected: Expected, version: string, signal: AbortSignal) {
  const store = storeOf(expected.region)
  const isAsExpected = await isIntact(store, expected.key, expected, signal)
  // The bytes may have been a mix of two versions.
  if ((await store.stat(expected.key))?.version !== version) return 'replaced'
  return isAsExpected ? 'intact' : 'damaged'
}

async function join(check: Check, signal: AbortSignal) {
  check.waiting += 1
  let leave = () => {}
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave)
  })
  try {
    return await Promise.race([check.answer, left])
  } finally {
    signal.removeEventListener('abort', leave)
    check.waiting -= 1
    if (check.waiting === 0) check.stop.abort(new Error('Nobody waits for this check any more.'))
  }
}
