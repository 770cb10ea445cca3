// Detects guests whose kernel has crashed, from their pvpanic device. A kernel booted with panic= reboots by itself, as its owner
// wants. Any other would hang for ever, often at full load.

/**
 * Follows QEMU's events. `onStuck` is called once if a crashed guest has not rebooted in time.
 * @param {{ patienceMs: number, onStuck: () => void }} options
 */
export function watchPanic({ patienceMs, onStuck }) {
  let state = 'none'
  let timer

  function become(next) {
    clearTimeout(timer)
    state = next
  }

  /** @returns whether the event concerned the guest's kernel. */
  function hear(event, data) {
    if (event === 'GUEST_PANICKED') {
      // The guest's root user can write to the device as often as it likes.
      if (state === 'crashed' || state === 'stuck') return false
      become('crashed')
      timer = setTimeout(() => {
        become('stuck')
        onStuck()
      }, patienceMs)
      return true
    }
    if (event !== 'RESET') return false
    // A reset by request clears an earlier crash.
    const isOwn = data.guest === true && state === 'crashed'
    become(isOwn || (data.guest === true && state === 'restarted') ? 'restarted' : 'none')
    return true
  }

  /** Translates QEMU's run state: a stuck guest is paused by us, or was paused because its disk was full. */
  function statusOf(said) {
    return state === 'stuck' && ['paused', 'io-error'].includes(said) ? 'guest-panicked' : said
  }

  return { hear, statusOf, isStuck: () => state === 'stuck', hasRestarted: () => state === 'restarted' }
}
