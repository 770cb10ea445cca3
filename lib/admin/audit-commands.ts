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
}
