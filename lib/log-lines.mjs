// Log lines for every process. Plain JavaScript, because lib/start/server.mjs logs before anything else is loaded.
import { AsyncLocalStorage } from 'node:async_hooks'
import { format, stripVTControlCharacters } from 'node:util'
import pino from 'pino'

// A bundle may contain this module twice; all copies must share the fields.
globalThis.ecsLogFields ??= new AsyncLocalStorage()

/** The fields of lines logged in the current context, such as the request or job. */
export const currentFields = globalThis.ecsLogFields

// JSON escapes control characters below U+0020. These can also move a terminal's cursor or reverse its text.
const controls = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Escapes characters with which visitors could manipulate the operator's terminal. */
export function escapeControls(line) {
  return line.replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Makes a log that writes to stdout, or to `stream`. */
export function makeLog(stream) {
  const options = {
    level: process.env.LOG_LEVEL ?? 'info',
    base: { service: 'open-ecs-console' },
    mixin: () => currentFields.getStore() ?? {},
    hooks: { streamWrite: escapeControls },
  }
  return stream ? pino(options, stream) : pino(options)
}

const levels = { log: 'info', info: 'info', debug: 'debug', trace: 'debug', warn: 'warn', error: 'error' }

/** Redirects `console` into a log, one line for each call: packages write visitors' text there. */
export function logConsole(log) {
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...words) => {
      const error = words.find((word) => word instanceof Error)
      const rest = words.filter((word) => word !== error)
      const message = stripVTControlCharacters(format(...rest)).trim() || error?.message || ''
      log[level]({ from: 'console', ...(error ? { err: error } : {}) }, message)
    }
  }
}

const toldAt = new Map()

/** Whether to log a message now: once a minute for each name. Names are our own, so they are few. */
export function isToldSeldom(name, now = Date.now()) {
  if (now - (toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < 60_000) return false
  toldAt.set(name, now)
  return true
}
