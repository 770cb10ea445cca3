export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T>
