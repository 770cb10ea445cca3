import { register } from 'tsx/esm/api'

// As the one of lib/disks/guest: only a file that Node itself reads can begin a worker.
register()
await import('./worker.ts')
