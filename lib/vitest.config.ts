import os from 'node:os'
import path from 'node:path'
import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const root = path.resolve(import.meta.dirname, '..')

export default defineConfig({
  root,
  resolve: { alias: { '@': root } },
  // `server-only` loads only under React's server condition. Vite resolves our own imports; `execArgv` makes Node resolve those of
  // packages. `module` is left out because it means files for bundlers, which Node cannot load.
  ssr: {
    resolve: { conditions: ['react-server', ...defaultServerConditions.filter((condition) => condition !== 'module')] },
  },
  test: {
    execArgv: ['--conditions=react-server'],
    env: {
      // Emulated, so that guests behave the same on every machine.
      ...{ LOG_LEVEL: 'silent', ECS_MACHINE_ACCELERATOR: 'tcg', ECS_MACHINE_EMULATION: 'allow' },
      // Sixty queued operations must not be refused on a slow machine. Tests of these limits set their own.
      ...{ ECS_DATABASE_WAIT: '1m', ECS_LOCK_WAIT: '2m' },
    },
    // Vitest would leave one processor free, and run one file at a time on a machine with two. Database tests wait more than
    // they compute.
    maxWorkers: Math.max(2, os.availableParallelism()),
    setupFiles: ['lib/testing/seed.ts'],
    // These end a hanging test. The speed of a machine must not decide whether a test passes (lib/testing/until.ts).
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000, interval: 20 } },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{lib,prisma}/**/*.test.ts'], exclude: ['**/*.db.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'db',
          include: ['{lib,prisma}/**/*.db.test.ts'],
          globalSetup: 'lib/testing/database.ts',
          setupFiles: ['lib/testing/seed.ts', 'lib/testing/database-each.ts'],
        },
      },
    ],
  },
})
