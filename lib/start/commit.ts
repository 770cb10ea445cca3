import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

let known: string | undefined

/** The commit in a package's package.json, else the one checked out (`-dirty` if files differ); empty if unknown. */
export function commitOfFiles(root = path.resolve(import.meta.dirname, '../..')): string {
  const { gitHead }: { gitHead?: string } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  if (gitHead) return gitHead
  // Asked only where the history is ours: a copy may lie in the clone of something else.
  if (!fs.existsSync(path.join(root, '.git'))) return ''
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: root,
    encoding: 'utf8',
    // Two processes that look at the same time must not wait for each other's lock of the index.
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
  })
  return status === 0 ? stdout.trim() : ''
}

/** What the processes of this start say of themselves: ECS_COMMIT of the environment, else `commitOfFiles`, asked once. */
export function currentCommit(): string {
  known ??= process.env.ECS_COMMIT || commitOfFiles()
  return known
}
