export function ensureQemu(): boolean
