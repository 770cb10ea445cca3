export const logKept: number
export function readConsoleLog(file: string): { start: number; bytes: Buffer }
