import os from 'node:os'
import path from 'node:path'
import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const root = path.resolve(import.meta.dirname, '..')

export default defineConfig({
  root,
  resolve: { alias: { '@': root } },
  // `server-only` loads nowhere but under React's server condition. Vite resolves what our files import, and Node, by
  // `execArgv`, what packages import. `module` is left out because it means files for bundlers, which Node cannot load.
  ssr: {
    resolve: { conditions: ['react-server', ...defaultServerConditions.filter((condition) => condition !== 'module')] },
  },
  test: {
    execArgv: ['--conditions=react-server'],
    // Guests are emulated, so that tests behave the same on every machine.
    env: { LOG_LEVEL: 'silent', ECS_MACHINE_ACCELERATOR: 'tcg', ECS_MACHINE_EMULATION: 'allow' },
    // Vitest would leave a processor to itself, and on a machine with two run one file after the other. Tests of the database
    // wait more than they work.
    maxWorkers: Math.max(2, os.availableParallelism()),
    setupFiles: ['lib/testing/seed.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
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
