// The guest agent of a machine (qemu-guest-agent, or another with its protocol): one JSON object per line, over its own port. The guest
// is not trusted, so responses are limited in time and size.
import net from 'node:net'

const connectPatienceMs = 2_000
const syncPatienceMs = 3_000
const thawPatienceMs = 60_000
const thawAnswerMs = 5_000
const answerMost = 64 * 1024
const sentinel = 0xff

/**
 * Runs `work` while the guest's file systems are frozen. Returns whether it ended before they were thawed; false at once, without
 * running it, if the agent does not answer. They are thawed after five seconds at the latest, whatever the guest and the work do,
 * because a frozen guest hangs as soon as it writes. `onThawed` is called when they are thawed or thawing is given up.
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
    // Before freezing anything: an agent that was away answers late.
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

/** Also after a freeze without an answer, which may complete later. */
async function thaw(agent) {
  for (const end = performance.now() + thawPatienceMs; performance.now() < end; )
    try {
      return await agent.ask('guest-fsfreeze-thaw', thawAnswerMs)
    } catch {
      if (agent.hasEnded()) return
    }
}

/** Whether the work ends before the signal. Throws what the work throws. */
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

  /** Sends a command after a synchronisation that skips the agent's responses to earlier clients. */
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
