import 'server-only'
import manifest from '@/package.json'

/** The release of the console, as package.json has it. */
export const version: string = manifest.version
