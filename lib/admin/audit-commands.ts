import type { Command } from 'commander'
import type { Work } from './run'

// The commands for the audit trail.

type Run = (work: Work) => Promise<void>

export function addAudit(audit: Command, run: Run, typed: (file: string) => string): void {
  audit
    .command('verify [username]')
    .description(
      'recompute the audit trail of a master account, or of all and of the operator, and name what does not fit',
    )
    .option('--checkpoints <file>', 'also compare it with checkpoints that were exported before')
    .action((name: string | undefined, options: { checkpoints?: string }) =>
      run(async (signal) => {
        const { verifyTrails } = await import('./audit')
        const file = options.checkpoints === undefined ? null : typed(options.checkpoints)
        return await verifyTrails(name ?? null, { file, signal })
      }),
    )
  audit
    .command('export <username> <file>')
    .description('write the audit trail of an account into a ZIP archive with what proves it')
    .action((name: string, file: string) =>
      run(async (signal) => (await import('./audit')).exportTrail(name, typed(file), signal)),
    )
  audit
    .command('checkpoints [username]')
    .description('print the signed checkpoints, one JSON object a line; keep them elsewhere')
    .action((name: string | undefined) => run(async () => (await import('./audit')).showCheckpoints(name ?? null)))
  audit
    .command('key')
    .description('show the public key that verifies checkpoints, and its id')
    .action(() => run(async () => (await import('./audit')).showKey()))
  audit
    .command('follow')
    .description(
      'print new entries of all accounts as they come, one JSON object a line, for a SIEM; each at least once',
    )
    .requiredOption('--state <file>', 'where it remembers what it has printed')
    .option('--once', 'end when all that is there was printed')
    .action((options: { state: string; once?: true }) =>
      run(async (signal) => {
        const { followTrails } = await import('./audit-follow')
        return await followTrails({ state: typed(options.state), isOnce: options.once === true, signal })
      }),
    )
}
