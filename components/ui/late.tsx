'use client'

import { type ComponentType, Suspense, useState } from 'react'
import { useHasScripts } from './use-has-scripts'

/**
 * A part of a page that is loaded on demand and may be rendered on the server. On the first page load it is in the HTML, so
 * that it exists without scripts. Added later it has its own Suspense boundary: the page stays usable while the code loads,
 * even if that fails, with `Meanwhile` in its place. For parts never rendered on the server use `dynamic` with `ssr: false`.
 */
export function late<P extends object>(Part: ComponentType<P>, Meanwhile?: ComponentType<P>): ComponentType<P> {
  return function Late(props: P) {
    const isLive = useHasScripts()
    const [isAdded] = useState(isLive)
    if (!isAdded) return <Part {...props} />
    return (
      <Suspense fallback={Meanwhile && <Meanwhile {...props} />}>
        <Part {...props} />
      </Suspense>
    )
  }
}
