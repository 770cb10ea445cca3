import type { AsyncLocalStorage } from 'node:async_hooks'
import type { DestinationStream, Logger } from 'pino'

/** What every line says that is logged on behalf of a request or a job. */
export type LogFields = { request: string } | { job: string; kind: string }

export const currentFields: AsyncLocalStorage<LogFields>
export function escapeControls(line: string): string
export function makeLog(stream?: DestinationStream): Logger
export function logConsole(log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>): void
export function isToldSeldom(name: string, now?: number): boolean
