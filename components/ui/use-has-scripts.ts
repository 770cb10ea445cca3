import { useSyncExternalStore } from 'react'

const neverChanges = () => () => {}

/** Whether the scripts of the page run: false on the server and until the page is hydrated. */
export function useHasScripts(): boolean {
  return useSyncExternalStore(
    neverChanges,
    () => true,
    () => false,
  )
}
