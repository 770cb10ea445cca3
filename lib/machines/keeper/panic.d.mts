export type PanicWatch = {
  hear(event: string, data: { guest?: boolean }): boolean
  statusOf(said: string): string
  isStuck(): boolean
  hasRestarted(): boolean
}
export function watchPanic(options: { patienceMs: number; onStuck: () => void }): PanicWatch
