import { pageStatus } from '@/lib/page-status'

type Listener = {
  begin: () => void
  end: () => void
  /** A page was requested while offline. */
  offline: () => void
}

const begins = 'console-navigation'

/** Reports a navigation started by code, not by a link or a form. */
export function beginNavigation(): void {
  window.dispatchEvent(new Event(begins))
}

/**
 * Listens to navigations within the console, in one place for all links and forms: Next.js reports only to the link itself,
 * and a link in a menu is gone by then. Returns a function that stops listening.
 */
export function onNavigation({ begin, end, offline }: Listener): () => void {
  const stop = new AbortController()
  const options = { capture: true, signal: stop.signal }
  const start = (event: Event) => {
    // `navigator.onLine` is not enough: without a network connection a console on the same machine is still reachable.
    if (pageStatus()?.code !== 'OFFLINE') return begin()
    event.preventDefault()
    event.stopPropagation()
    offline()
  }
  document.addEventListener('click', (event) => leadsElsewhere(event) && start(event), options)
  document.addEventListener('submit', (event) => isSearch(event) && start(event), options)
  window.addEventListener(begins, begin, options)
  // The browser's Navigation API also reports navigations to the same address. Older browsers compare addresses.
  if ('navigation' in window) window.navigation.addEventListener('currententrychange', end, options)
  return () => stop.abort()
}

function leadsElsewhere(event: MouseEvent): boolean {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!isPlain || !link?.href || link.target || link.hasAttribute('download')) return false
  const { origin, pathname, search, hash } = new URL(link.href)
  const here = window.location
  const isHere = pathname === here.pathname && search === here.search
  return origin === here.origin && !(isHere && (hash !== '' || here.hash === ''))
}

function isSearch(event: SubmitEvent): boolean {
  // Other forms are sent by their action and stay on the page.
  return event.target instanceof HTMLFormElement && event.target.closest('search') !== null
}
