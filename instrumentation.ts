/**
 * Runs once in each server, before the first request. The server program around Next.js (lib/start/server.mjs) hands requests for
 * WebSockets over to the build, because only the build's code reaches the database and the machines.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { takeUpgrades } = await import('@/lib/viewers/hook')
  takeUpgrades()
}
