import 'server-only'
import manifest from '@/package.json'

/** The release of the console, as package.json has it. */
export const version: string = manifest.version

/** The commit of this code; empty if unknown. `next build` writes it in; other processes get it from their starter. */
export function commit(): string {
  return process.env.ECS_COMMIT || ''
}

/** Release and commit in one line: `0.1.0 (549efc4d1c2b)`. */
export function release(): string {
  return commit() ? `${version} (${commit()})` : version
}
