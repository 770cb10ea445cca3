import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { formatBytes } from '../format'
import { build, buildFolder } from '../start/build'
import { commitOfFiles } from '../start/commit'
import { pack } from './pack'
import { notesOf, refuseRelease } from './release'

// `npm run package [-- <folder>] [--release <tag>]`: builds the console and packs it for a machine with nothing but Node. With a
// tag it refuses anything but that release, and writes RELEASE.md beside the archive.

const { values, positionals } = parseArgs({ options: { release: { type: 'string' } }, allowPositionals: true })
const out = path.resolve(process.env.INIT_CWD ?? '', positionals[0] ?? 'dist')
if (values.release !== undefined) {
  const { version }: { version: string } = JSON.parse(fs.readFileSync('package.json', 'utf8'))
  const refusal = refuseRelease(values.release, version, commitOfFiles())
  if (refusal) {
    console.error(refusal)
    process.exit(1)
  }
  fs.mkdirSync(out, { recursive: true })
  fs.writeFileSync(path.join(out, 'RELEASE.md'), notesOf(fs.readFileSync('CHANGELOG.md', 'utf8'), version))
}
await build(buildFolder(), process.env)
const { archive, files, archiveBytes, bytes } = await pack(
  process.cwd(),
  buildFolder(),
  out,
  values.release !== undefined,
)
console.log(`${archive}: ${formatBytes(archiveBytes, 'en')}, unpacked ${formatBytes(bytes, 'en')} in ${files} files`)
process.exit(0)
