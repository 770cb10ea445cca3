import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { findParts } from './reader/parts'

const run = promisify(execFile)

/** For about 30 MB of packages; a slower network is not worth waiting for. */
const downloadMs = 120_000

/**
 * Downloads Debian's cloud kernel and these packages into a folder, and unpacks them there. Nothing is installed. Throws if apt cannot
 * provide them within two minutes.
 */
export async function unpackPackages(folder: string, packages: readonly string[]): Promise<void> {
  // Fails if it does not know the package.
  const stdout = await run('apt-cache', ['depends', 'linux-image-cloud-amd64']).then(
    (end) => end.stdout,
    (error) => {
      if (isErrnoCode(error, 'ENOENT')) throw error
      return ''
    },
  )
  const kernel = /Depends: (linux-image-\S+)/.exec(stdout)?.[1]
  if (!kernel)
    throw new Error('apt knows no linux-image-cloud-amd64. Where its lists are empty, `apt-get update` fills them.')
  await unpackAll(folder, [kernel, ...packages])
}

/** The same without a kernel. */
export async function unpackAll(folder: string, packages: readonly string[]): Promise<void> {
  const limits = ['-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::Retries=1']
  await run('apt-get', [...limits, '-q', 'download', ...packages], { cwd: folder, timeout: downloadMs })
  for (const file of await readdir(folder))
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', file, '.'], { cwd: folder })
}

/**
 * Gets the parts of the reader machine into a folder, replacing the old ones. Throws like `unpackPackages`, and then keeps the old
 * ones.
 */
export async function fetchReaderParts(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true })
  const draft = await mkdtemp(`${folder}.`)
  try {
    await unpackPackages(draft, ['busybox-static'])
    if (!(await findParts(draft))) throw new Error('The packages hold no kernel with modules, or no static busybox.')
    for (const name of await readdir(draft)) if (name.endsWith('.deb')) await rm(path.join(draft, name))
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}
