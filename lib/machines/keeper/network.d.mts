export const networkLost: number
export type BridgePort = { tap: string; bridge: string; mac: string }
export function joinBridge(port: BridgePort, patienceMs?: number): Promise<void>
export function isJoined(port: Pick<BridgePort, 'tap'>): boolean
