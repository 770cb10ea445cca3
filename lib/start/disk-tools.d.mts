export function ensureDiskTools(): string[]
