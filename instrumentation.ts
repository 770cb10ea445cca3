/**
 * Runs once in each server, before the first request. The program around Next (lib/start/server.mjs) takes a browser's request
 * for a WebSocket and hands it over here, because only code of the build reaches the database and the machines.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { takeUpgrades } = await import('@/lib/viewers/hook')
  takeUpgrades()
}
