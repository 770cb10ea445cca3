import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

let known: string | undefined

/** The commit in a package's package.json, else the one checked out (`-dirty` if files differ); empty if unknown. */
export function commitOfFiles(root = path.resolve(import.meta.dirname, '../..')): string {
  const { gitHead }: { gitHead?: string } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  if (gitHead) return gitHead
  // Only if the repository is ours: a copy may be inside a clone of something else.
  if (!fs.existsSync(path.join(root, '.git'))) return ''
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: root,
    encoding: 'utf8',
    // Two processes that run this at once must not wait for each other's index lock.
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
  })
  return status === 0 ? stdout.trim() : ''
}

/** The commit of this start's processes: ECS_COMMIT from the environment, else `commitOfFiles`, computed once. */
export function currentCommit(): string {
  known ??= process.env.ECS_COMMIT || commitOfFiles()
  return known
}
