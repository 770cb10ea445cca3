// Finds guests whose kernel has crashed, by what their pvpanic device reports. A kernel with panic= on its command line starts
// again by itself, as its owner wants it. Any other would stand still for ever, often at full load.

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

  /** What a run state of QEMU means: a guest that stands still is stopped, or was, as its disk was full. */
  function statusOf(said) {
    return state === 'stuck' && ['paused', 'io-error'].includes(said) ? 'guest-panicked' : said
  }

  return { hear, statusOf, isStuck: () => state === 'stuck', hasRestarted: () => state === 'restarted' }
}
