export type Qmp = { ask(execute: string, args?: object): Promise<unknown> }
export function connectQmp(
  path: string,
  told: { onEvent: (name: string, data: unknown) => void; onEnd: () => void },
): Promise<Qmp>
