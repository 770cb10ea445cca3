import 'server-only'
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { env } from '@/lib/env'

/** An Ed25519 key that signs checkpoints of the audit trail. `id`: the first 16 hex digits of the public key's SHA-256. */
export type SigningKey = { id: string; privateKey: KeyObject; publicKey: KeyObject }

function keyFile(): string {
  return env().ECS_AUDIT_KEY_FILE ?? path.join(env().ECS_DATA_DIR, 'audit-key.pem')
}

/** The signing key, or null before it is made. Throws if the file holds anything but an Ed25519 key. */
export async function findSigningKey(): Promise<SigningKey | null> {
  const pem = await fs.readFile(/* turbopackIgnore: true */ keyFile(), 'utf8').catch((error: unknown) => {
    if (isErrnoCode(error, 'ENOENT') && env().ECS_AUDIT_KEY_FILE === undefined) return null
    throw error
  })
  if (pem === null) return null
  const privateKey = createPrivateKey(pem)
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${keyFile()} is not an Ed25519 private key.`)
  const publicKey = createPublicKey(privateKey)
  return { id: keyId(publicKey), privateKey, publicKey }
}

/** The signing key, made in the data folder unless the operator provides one. One of several processes makes it. */
export async function signingKey(): Promise<SigningKey> {
  const found = await findSigningKey()
  if (found) return found
  const file = keyFile()
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  // Not the pid: processes in different containers can have the same.
  const unfinished = `${file}.${randomUUID()}`
  await fs.mkdir(path.dirname(file), { recursive: true })
  try {
    const handle = await fs.open(/* turbopackIgnore: true */ unfinished, 'wx', 0o600)
    // Synced, because an empty file after a power cut would be a key that nobody can read.
    await handle
      .writeFile(pem)
      .then(async () => await handle.sync())
      .finally(async () => await handle.close())
    // If another process was quicker, its key stays.
    await fs.link(unfinished, file).catch((error: unknown) => {
      if (!isErrnoCode(error, 'EEXIST')) throw error
    })
  } finally {
    await fs.rm(unfinished, { force: true })
  }
  const made = await findSigningKey()
  if (!made) throw new Error(`${file} was removed while it was made.`)
  return made
}

/** The id of a public key: short enough to compare by eye. */
export function keyId(publicKey: KeyObject): string {
  const bytes = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

/** Signs a text; base64url. */
export function signText({ privateKey }: SigningKey, text: string): string {
  return sign(null, Buffer.from(text), privateKey).toString('base64url')
}

/** Whether a signature of a text was made with this key. */
export function isSigned({ publicKey }: Pick<SigningKey, 'publicKey'>, text: string, signature: string): boolean {
  return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64url'))
}
