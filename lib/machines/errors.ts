/** The machine has the maximum number of viewers. */
export class ViewersFull extends Error {}

/** The machine is not running, so it has no console or screen. */
export class NotRunning extends Error {}

/** The host has no working hypervisor; the message says what to install or set. */
export class NoHypervisor extends Error {}

/** The bridge for this host's machines is missing; the message says what to do. */
export class NoNetwork extends Error {}

/** A file of a machine cannot be read; the message names the machine. */
export class Unreadable extends Error {}

/** For `catch`: null for `Unreadable`; rethrows every other error. */
export function unlessUnreadable(error: unknown): null {
  if (error instanceof Unreadable) return null
  throw error
}

/** A disk that was started before is missing on this host. */
export class MachineGone extends Error {}

/** For requests that are also fulfilled if the machine has ended: rethrows everything but `NotRunning`. */
export function unlessEnded(error: unknown): void {
  if (!(error instanceof NotRunning)) throw error
}
