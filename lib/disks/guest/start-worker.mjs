import { register } from 'tsx/esm/api'

// A worker takes over what --import has loaded, but is not begun by it: only a file that Node itself reads can begin one.
register()
await import('./worker.ts')
