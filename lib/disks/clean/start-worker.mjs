import { register } from 'tsx/esm/api'

// As in lib/disks/guest: the entry file of a worker thread must be one that Node can run directly.
register()
await import('./worker.ts')
