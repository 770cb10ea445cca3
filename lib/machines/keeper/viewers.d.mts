import type { Socket } from 'node:net'
import type { ConsoleLog } from './console-log.mjs'

export function openSerial(
  path: string,
  log: ConsoleLog,
): Promise<{ join(viewer: Socket, wanted: { offset?: number | null; isTakeOver?: boolean }): void }>
