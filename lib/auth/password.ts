import 'server-only'
import { hash, verify } from '@node-rs/argon2'
import { preparePassword } from '@/lib/prepare-password'

// OWASP's recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. argon2id is the default.
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The argon2id hash of a prepared password, in PHC string form. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(preparePassword(password), argon2id)
}

/** `right-as-typed`: matches only unprepared, so the hash was made before passwords were prepared. */
export type PasswordMatch = 'right' | 'right-as-typed' | 'wrong'

/**
 * Whether a password matches a hash. Takes the same time for a right and a wrong one, and twice as long if preparing
 * changes the password and the prepared form does not match.
 */
export async function verifyPassword(passwordHash: string, password: string): Promise<PasswordMatch> {
  const prepared = preparePassword(password)
  if (await verify(passwordHash, prepared)) return 'right'
  return prepared !== password && (await verify(passwordHash, password)) ? 'right-as-typed' : 'wrong'
}
