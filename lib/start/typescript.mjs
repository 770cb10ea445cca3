import path from 'node:path'
import { register } from 'tsx/esm/api'

// Loaded before a TypeScript program in any working folder, in which tsx and tsconfig.json, with the alias `@/`, would
// otherwise be looked up.
process.env.TSX_TSCONFIG_PATH ??= path.resolve(import.meta.dirname, '../../tsconfig.json')
register()
