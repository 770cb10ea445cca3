export function isAptUsable(): boolean
export function installWithApt(packages: string[]): boolean
export function runQuietly(command: string, args: string[]): boolean
