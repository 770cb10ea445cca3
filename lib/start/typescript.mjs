import path from 'node:path'
import { register } from 'tsx/esm/api'

// Loaded before a program in TypeScript, whatever folder it is started from: tsx by its name, and the `@/` of tsconfig.json,
// would be looked for in that folder.
process.env.TSX_TSCONFIG_PATH ??= path.resolve(import.meta.dirname, '../../tsconfig.json')
register()
