// `npm test`, or `npm test -- unit|db|browser [file …]`: everything that the tests need, the tests, and one summary.
import path from 'node:path'

process.chdir(path.resolve(import.meta.dirname, '../..'))
const { register } = await import('tsx/esm/api')
register()
const { runTests } = await import('./test-run.ts')
await runTests(process.argv.slice(2))
