const pattern = /^[a-z0-9][a-z0-9.-]*$/

export const partEnding = '.part'

/** Whether a string can be a key: a plain name that no store reads as a path, and different from our temporary files. */
export function isKey(key: string): boolean {
  return pattern.test(key) && !key.endsWith(partEnding)
}

export function requireKey(key: string): string {
  if (!isKey(key)) throw new Error(`Not a key of ours: ${key}`)
  return key
}
