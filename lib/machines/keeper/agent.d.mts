export function whileFrozen(
  path: string,
  work: (end: AbortSignal) => Promise<void>,
  onThawed: () => void,
  frozenMostMs?: number,
): Promise<boolean>
