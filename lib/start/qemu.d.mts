export function ensureQemu(): string[]
