'use client'

import { useEffect, useEffectEvent, useRef } from 'react'

/**
 * Returns a function that runs `callback` at once or, while a mouse button is down, after the click. Otherwise a chip made
 * on blur would move the pressed element away from the pointer, and it would get no click.
 */
export function useAfterPress(callback: () => void): () => void {
  const isPressed = useRef(false)
  const afterwards = useEffectEvent(callback)
  useEffect(() => {
    const press = () => {
      isPressed.current = true
    }
    const release = () => {
      isPressed.current = false
      setTimeout(() => afterwards())
    }
    // There is no mouseup after a drag, or if the window loses the focus.
    window.addEventListener('mousedown', press, true)
    window.addEventListener('mouseup', release, true)
    window.addEventListener('dragend', release, true)
    window.addEventListener('blur', release)
    return () => {
      window.removeEventListener('mousedown', press, true)
      window.removeEventListener('mouseup', release, true)
      window.removeEventListener('dragend', release, true)
      window.removeEventListener('blur', release)
    }
  }, [])
  return () => {
    if (!isPressed.current) callback()
  }
}
