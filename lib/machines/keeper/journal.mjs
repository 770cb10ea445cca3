// What a machine did and when, on disk: the proof on which the bill is based. Only the keeper writes it; anyone may
// read it after the keeper is gone. A run reaches to the last time that the machine was seen running.
import fs from 'node:fs'

const runsKept = 200
const hourMs = 3_600_000

/** Which start of this host's kernel we live in: another one means that every machine has ended. */
export function bootId() {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/**
 * *
 * @param {string} file
 * @param {string} start Which start of the machine this is.
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

  /** Extends the proof. A clock that was set back does not shorten it. */
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

/** Two runs with a pause within one hour cost the same as one, so they may be merged when there are many. */
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
