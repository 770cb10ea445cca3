// A guest whose kernel has crashed, as its pvpanic device tells. A kernel that is told to start again does so by itself, which
// is its owner's choice; one that is not would stand still, at full load, for ever.

/**
 * Hears QEMU's events. `onStuck` is called once if the guest has not started again in time.
 * @param {{ patienceMs: number, onStuck: () => void }} options
 */
export function watchPanic({ patienceMs, onStuck }) {
  let state = 'none'
  let timer

  function become(next) {
    clearTimeout(timer)
    state = next
  }

  /** @returns whether it concerned the guest's kernel. */
  function hear(event, data) {
    if (event === 'GUEST_PANICKED') {
      // Its root can write to the device as often as it likes.
      if (state === 'crashed' || state === 'stuck') return false
      become('crashed')
      timer = setTimeout(() => {
        become('stuck')
        onStuck()
      }, patienceMs)
      return true
    }
    if (event !== 'RESET') return false
    // A reset that was asked for makes good what was before it.
    const isOwn = data.guest === true && state === 'crashed'
    become(isOwn || (data.guest === true && state === 'restarted') ? 'restarted' : 'none')
    return true
  }

  return { hear, isStuck: () => state === 'stuck', hasRestarted: () => state === 'restarted' }
}
