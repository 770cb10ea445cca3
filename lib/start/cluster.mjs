// `npm run cluster`, or `npm run cluster -- --test [file …]`: the console as several processes on this machine.
import path from 'node:path'

process.chdir(path.resolve(import.meta.dirname, '../..'))
const { register } = await import('tsx/esm/api')
register()
const { runCluster } = await import('./cluster.ts')
await runCluster(process.argv.slice(2))
