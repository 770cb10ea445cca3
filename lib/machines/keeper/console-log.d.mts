export const logKept: number
export type ConsoleLog = {
  append(chunk: Buffer): void
  from(offset?: number | null): { offset: number; bytes: Buffer }
  end(): number
}
export function openConsoleLog(file: string): ConsoleLog
export function readConsoleLog(file: string): { start: number; bytes: Buffer }
