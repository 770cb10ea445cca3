import { defineConfig } from 'vitest/config'
import shared from '../vitest.config'

// The tests of one run, named by `main.ts`, with the settings of all tests.
const tests = process.env.ECS_MUTATE_TESTS?.split(',') ?? []
const usesDatabase = tests.some((file) => file.endsWith('.db.test.ts'))
const { projects: _, ...common } = shared.test ?? {}
const database = { globalSetup: 'lib/testing/database.ts', setupFiles: ['lib/testing/database-each.ts'] }

export default defineConfig({
  ...shared,
  test: { ...common, include: tests, ...(usesDatabase ? database : {}) },
})
