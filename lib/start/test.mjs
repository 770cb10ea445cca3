// `npm test`, or `npm test -- unit|db|browser [file …]`: prepares everything, runs the tests, and prints one summary.
import path from 'node:path'

process.chdir(path.resolve(import.meta.dirname, '../..'))
const { register } = await import('tsx/esm/api')
register()
const { runTests } = await import('./test-run.ts')
await runTests(process.argv.slice(2))
