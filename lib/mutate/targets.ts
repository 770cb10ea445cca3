import fs from 'node:fs'
import path from 'node:path'

/** One run: the files to mutate, and the only tests to run against them. */
export type Target = { noun: string; kind: 'rules' | 'writes'; mutate: string[]; tests: string[] }

/**
 * Tests of a noun's writes in addition to, or instead of, those in its own folder. A surviving mutant runs all tests that reach
 * it, so tests with hundreds of rounds are left out: a short one must find the same.
 */
const testsOfWrites: Record<string, string[]> = {
  accounts: ['accounts/writes', 'accounts/sub-accounts', 'shares/lookups', 'shares/records', 'shares/consent'],
  blobs: ['blobs/writes'],
  copies: ['copies/writes'],
  events: ['events/writes'],
  images: ['images/writes', 'images/images', 'images/no-bin'],
  imports: ['imports/writes'],
  shares: [
    ...['shares/writes', 'shares/share', 'shares/records', 'shares/reason', 'shares/cancel-many'],
    ...['shares/consent', 'shares/expiry', 'shares/ending'],
  ],
  quotas: ['quotas/writes', 'quotas/space', 'quotas/hanging'],
  transfers: ['transfers/writes', 'transfers/transfers'],
}

/** The runs of a noun; empty without rules and writes. */
export function targetsOf(root: string, noun: string): Target[] {
  const folder = `lib/${noun}`
  const files = fs.readdirSync(path.join(root, folder)).sort()
  const own = (pattern: RegExp) => files.filter((file) => pattern.test(file)).map((file) => `${folder}/${file}`)
  const rules = { noun, kind: 'rules', mutate: own(/^rules\.ts$/), tests: own(/^rules\.test\.ts$/) } as const
  const named = testsOfWrites[noun]?.map((name) => `lib/${name}.db.test.ts`)
  const tests = named ?? own(/\.db\.test\.ts$/)
  const writes = { noun, kind: 'writes', mutate: own(/^writes(-[a-z]+)*\.ts$/), tests } as const
  return [rules, writes].filter(({ mutate, tests }) => mutate.length > 0 && tests.length > 0)
}

export function allNouns(root: string): string[] {
  const folders = fs.readdirSync(path.join(root, 'lib'), { withFileTypes: true })
  const isNoun = (name: string) =>
    ['rules.ts', 'writes.ts'].some((file) => fs.existsSync(path.join(root, 'lib', name, file)))
  return folders.filter((entry) => entry.isDirectory() && isNoun(entry.name)).map(({ name }) => name)
}
