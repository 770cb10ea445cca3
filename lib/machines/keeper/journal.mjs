// When a machine ran, on disk: the basis of the bill. Only the keeper writes it; others may read it, also after the keeper has ended. A
// run lasts until the machine was last seen running.
import fs from 'node:fs'

const runsKept = 200
const hourMs = 3_600_000

/** The boot id of this host. Another one in a journal means that the machine has ended. */
export function bootId() {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/**
 * Opens the journal for a start of the machine.
 * @param {string} file
 * @param {string} start Id of the start.
 */
export function openJournal(file, start) {
  const kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null
  const journal = { boot: bootId(), start, state: 'starting', reason: null, runs: kept?.runs ?? [] }
  // A killed keeper could not close its run; the run ends where it was last seen.
  for (const run of journal.runs) run.isOpen = false

  function write({ isDurable }) {
    const descriptor = fs.openSync(`${file}.new`, 'w', 0o600)
    try {
      fs.writeSync(descriptor, JSON.stringify(journal))
      if (isDurable) fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(`${file}.new`, file)
  }

  const last = () => journal.runs.at(-1)
  const now = () => new Date().toISOString()

  function note(state, reason = null) {
    if (journal.state === state && JSON.stringify(journal.reason) === JSON.stringify(reason)) return
    const wasRunning = journal.state === 'running'
    Object.assign(journal, { state, reason })
    if (wasRunning && state !== 'running') closeRun()
    if (!wasRunning && state === 'running') {
      journal.runs.push({ from: now(), to: now(), isOpen: true })
      compact(journal.runs)
    }
    write({ isDurable: true })
  }

  /** Extends the open run to now. A clock that was set back does not shorten it. */
  function prove() {
    const run = last()
    if (!run?.isOpen) return
    if (run.to < now()) run.to = now()
    write({ isDurable: false })
  }

  function closeRun() {
    const run = last()
    if (run.to < now()) run.to = now()
    run.isOpen = false
  }

  write({ isDurable: true })
  return { note, prove, current: () => journal }
}

/** Two runs with a pause within one hour cost the same as one, so they may be merged if there are many. */
function compact(runs) {
  for (let index = 1; runs.length > runsKept && index < runs.length; ) {
    const [before, after] = [runs[index - 1], runs[index]]
    if (hourOf(before.to) !== hourOf(after.from)) index++
    else runs.splice(index - 1, 2, { from: before.from, to: after.to, isOpen: after.isOpen })
  }
}

function hourOf(moment) {
  return Math.floor(Date.parse(moment) / hourMs)
}
