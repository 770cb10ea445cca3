import { register } from 'tsx/esm/api'

// A worker thread inherits the loaders of --import, but its entry file must be one that Node can run directly.
register()
await import('./worker.ts')
