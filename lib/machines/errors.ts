/** All places to watch a machine from are taken. */
export class ViewersFull extends Error {}

/** The machine is not running, so it has no console or screen. */
export class NotRunning extends Error {}

/** The host has no working hypervisor; the message says what to install or set. */
export class NoHypervisor extends Error {}

/** The network that machines of this host are connected to is missing; the message says what to do. */
export class NoNetwork extends Error {}

/** A file of a machine cannot be read; the message says of which. */
export class Unreadable extends Error {}

/** Null where a file of a machine cannot be read: rethrows everything but `Unreadable`. */
export function unlessUnreadable(error: unknown): null {
  if (error instanceof Unreadable) return null
  throw error
}

/** The disk that was started is not on this host. */
export class MachineGone extends Error {}

/** For requests that are also fulfilled if the machine has ended: rethrows everything but `NotRunning`. */
export function unlessEnded(error: unknown): void {
  if (!(error instanceof NotRunning)) throw error
}
