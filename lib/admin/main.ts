import { CommanderError } from 'commander'
import { currentCommit } from '@/lib/start/commit'
import { loadSettings } from '@/lib/start/settings-file.mjs'
import { buildCommands } from './commands'

// Exit code 0: done; 1: refused, or something broke; 2: wrong usage.

loadSettings()

process.env.ECS_COMMIT ||= currentCommit()

// Only the answer goes to standard output; errors go to standard error.
process.env.LOG_LEVEL = 'silent'

let exitCode = 0
const program = buildCommands(async (work, database = 'there') => {
  const { run } = await import('./run')
  exitCode = await run(work, { isJson: program.opts().json === true, database })
})
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // Requested help is not an error.
  exitCode = error.exitCode === 0 ? 0 : 2
}
process.exit(exitCode)
