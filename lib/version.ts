import 'server-only'
import manifest from '@/package.json'

/** The release of the console, as package.json has it. */
export const version: string = manifest.version

/**
 * The commit that this code was built from, or that its files are of where it runs unbuilt; empty where that is not known.
 * `next build` writes it into the code; for other processes the program that starts them sets it.
 */
export function commit(): string {
  return process.env.ECS_COMMIT || ''
}

/** Release and commit in one line: `0.1.0 (549efc4d1c2b)`. */
export function release(): string {
  return commit() ? `${version} (${commit()})` : version
}
