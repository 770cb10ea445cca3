type Header = (name: string) => string | null

export function configuredOrigin(env: NodeJS.ProcessEnv): string | null
export function askedHosts(header: Header): string[]
export function isOwnOrigin(origin: string, header: Header, configured: string | null): boolean
