'use client'

import { useEffect, useEffectEvent, useRef } from 'react'

/**
 * What it returns calls back at once, or, while a mouse button is down, after it has been let go and has clicked: a chip
 * that leaving the box makes would move what is being pressed away from under the pointer, and it would get no click.
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
    // What is dragged, or pressed when the window goes away, is let go without a word of the button.
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
