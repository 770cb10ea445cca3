export function findPromtool(): string | undefined
export function ensureDeployTools(): string[]
