import 'server-only'
import { hash, verify } from '@node-rs/argon2'

// OWASP's recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. argon2id is the default.
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The argon2id hash of a password, in PHC string form. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password, argon2id)
}

/** Whether a password belongs to a hash. Takes the same time for a right and a wrong one. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return await verify(passwordHash, password)
}
