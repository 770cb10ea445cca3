'use client'

import { type ComponentType, Suspense, useState, useSyncExternalStore } from 'react'

const neverChanges = () => () => {}

/**
 * A part of a page whose code comes when it is wanted, for parts that the server may have rendered. With the page itself it
 * comes at once, so that it is there without scripts. Added later it has a boundary of its own: the rest of the page goes
 * on while its code is on its way, also where that never comes. What the server never renders is `dynamic` with `ssr: false`.
 */
export function late<P extends object>(Part: ComponentType<P>): ComponentType<P> {
  return function Late(props: P) {
    const isLive = useSyncExternalStore(
      neverChanges,
      () => true,
      () => false,
    )
    const [isAdded] = useState(isLive)
    if (!isAdded) return <Part {...props} />
    return (
      <Suspense>
        <Part {...props} />
      </Suspense>
    )
  }
}
