const pattern = /^[a-z0-9][a-z0-9.-]*$/

/** Suffix of a file that is still being written. */
export const partEnding = '.part'

/** Whether a string can be a key: a plain name that no store reads as a path, and not the name of an unfinished file. */
export function isKey(key: string): boolean {
  return pattern.test(key) && !key.endsWith(partEnding)
}

/** Returns the key. Throws on any other, since keys are generated here, never by a tenant. */
export function requireKey(key: string): string {
  if (!isKey(key)) throw new Error(`Not a key of ours: ${key}`)
  return key
}
