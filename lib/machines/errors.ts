/** All places to watch a machine from are taken. */
export class ViewersFull extends Error {}

/** The machine does not run, so it has nothing to show. */
export class NotRunning extends Error {}

/** The host has no hypervisor that works; the message says what to install or set. */
export class NoHypervisor extends Error {}

/** For what is as well when the machine has ended: throws everything but `NotRunning`. */
export function unlessEnded(error: unknown): void {
  if (!(error instanceof NotRunning)) throw error
}
