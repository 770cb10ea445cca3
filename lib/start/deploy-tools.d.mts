export function findPromtool(): string | undefined
export function ensureDeployTools(): string[]
export function hasContainerTools(): boolean
export function ensureContainerTools(): boolean
