// The guest agent of a machine (qemu-guest-agent, or what speaks its protocol): one JSON object a line, over a port of its own.
// What it says is a guest's word, so every answer has an end and a size.
import net from 'node:net'

const connectPatienceMs = 2_000
const syncPatienceMs = 3_000
const thawPatienceMs = 60_000
const thawAnswerMs = 5_000
const answerMost = 64 * 1024
const sentinel = 0xff

/**
 * Runs `work` while the file systems of the guest are frozen, and answers whether it ended before they were thawed. They are
 * thawed after five seconds at the latest, whatever the guest and the work do: a frozen guest hangs as soon as it writes; `onThawed` hears when that is done or given up.
 * False at once when the agent does not answer: then the work has not begun.
 * @param {string} path
 * @param {(end: AbortSignal) => Promise<void>} work
 * @param {() => void} onThawed
 */
export async function whileFrozen(path, work, onThawed, frozenMostMs = 5_000) {
  const agent = await connectAgent(path).catch(() => null)
  if (!agent) {
    onThawed()
    return false
  }
  try {
    // Before anything is frozen: an agent that has been away answers late.
    await agent.ask('guest-sync', syncPatienceMs)
  } catch {
    agent.end()
    onThawed()
    return false
  }
  const end = AbortSignal.timeout(frozenMostMs)
  try {
    const frozen = await agent.ask('guest-fsfreeze-freeze', frozenMostMs)
    return (await before(end, work(end))) && frozen > 0
  } catch {
    return false
  } finally {
    thaw(agent).finally(() => {
      agent.end()
      onThawed()
    })
  }
}

/** Also after a freeze that gave no answer: it may come to its end later. */
async function thaw(agent) {
  for (const end = performance.now() + thawPatienceMs; performance.now() < end; )
    try {
      return await agent.ask('guest-fsfreeze-thaw', thawAnswerMs)
    } catch {
      if (agent.hasEnded()) return
    }
}

/** Whether the work ends before that. Throws what it throws. */
async function before(signal, work) {
  const late = new Promise((resolve) => signal.addEventListener('abort', () => resolve(false)))
  return await Promise.race([work.then(() => true), late])
}

/** @param {string} path */
async function connectAgent(path) {
  const socket = net.connect(path)
  let said = Buffer.alloc(0)
  let wake = () => {}
  let number = Date.now() % 2 ** 31
  socket.on('error', () => {})
  socket.on('close', () => wake())
  socket.on('data', (chunk) => {
    said = Buffer.concat([said, chunk])
    if (said.length > answerMost) socket.destroy()
    wake()
  })
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The port of the agent is taken.')), connectPatienceMs)
    socket.once('connect', () => resolve(clearTimeout(timer)))
    socket.once('close', () => reject(new Error('The machine has no port for an agent.')))
  })

  async function line(end, isAfterSentinel) {
    for (;;) {
      const from = isAfterSentinel ? said.lastIndexOf(sentinel) + 1 : 0
      const to = said.indexOf(10, from)
      if (to >= 0 && (from > 0 || !isAfterSentinel)) {
        const found = said.subarray(from, to).toString()
        said = said.subarray(to + 1)
        return JSON.parse(found)
      }
      const left = end - performance.now()
      if (left <= 0 || socket.destroyed) throw new Error('The agent does not answer.')
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left)
        wake = () => {
          clearTimeout(timer)
          resolve(null)
        }
      })
    }
  }

  /** Asks once the agent has shown that it listens to us: what it still had to say to others is passed over. */
  async function ask(execute, patienceMs) {
    const end = performance.now() + patienceMs
    const id = ++number
    const sync = JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } })
    socket.write(Buffer.concat([Buffer.from([sentinel]), Buffer.from(`${sync}\n`)]))
    while ((await line(end, true)).return !== id);
    if (execute === 'guest-sync') return id
    socket.write(`${JSON.stringify({ execute })}\n`)
    const answer = await line(end, false)
    if (answer.error) throw new Error(String(answer.error.desc))
    return answer.return
  }

  return { ask, end: () => socket.destroy(), hasEnded: () => socket.destroyed }
}
