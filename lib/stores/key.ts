const pattern = /^[a-z0-9][a-z0-9.-]*$/

/** How the name of a file ends that is still being written. */
export const partEnding = '.part'

/** Whether a string can be a key: a plain name that no store reads as a path, and different from our temporary files. */
export function isKey(key: string): boolean {
  return pattern.test(key) && !key.endsWith(partEnding)
}

/** Keys are ours, never a tenant's, so another one is a fault. */
export function requireKey(key: string): string {
  if (!isKey(key)) throw new Error(`Not a key of ours: ${key}`)
  return key
}
