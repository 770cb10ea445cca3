import { posix } from 'node:path'
import { operatingSystemTextMax } from '../layout'
import type { Listing } from './listing'
import { plainText } from './plain-text'

/** Where Linux and others store their name. The first wins, and is most often a link to the second. */
const releaseFiles = ['etc/os-release', 'usr/lib/os-release'] as const
/** Present on installation disks. */
const installerFile = '.disk/info'
/** Windows keeps a folder for each build to which it was updated. */
const windowsBuild = /^Windows\/servicing\/Version\/(\d+\.\d+\.\d+)(?:\.\d+)?$/i
const linksMax = 4
/** Names that may be passed to 7-Zip: none that it could take for a switch, a list or a pattern. */
const plainPath = /^[A-Za-z0-9_.][A-Za-z0-9_.+/-]*$/

/** Whether this path tells something about the operating system. */
export function tellsOperatingSystem(path: string): boolean {
  return releaseFiles.some((file) => file === path) || path === installerFile || windowsBuild.test(path)
}

/** The operating system's name according to the guest's files; null if none says it. */
export async function nameOperatingSystem(
  { entries }: Listing,
  readFile: (path: string) => Promise<string>,
): Promise<string | null> {
  for (const file of releaseFiles) {
    const path = followLinks(entries, file)
    const name = path ? releaseName(await readFile(path)) : ''
    if (name) return name
  }
  if (entries.has(installerFile)) return plainText(await readFile(installerFile), operatingSystemTextMax) || null
  const builds = [...entries.keys()].flatMap((path) => windowsBuild.exec(path)?.[1] ?? [])
  const newest = builds.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  return newest ? `Windows ${newest}` : null
}

/** The name in a file in the format of os-release(5). */
export function releaseName(text: string): string {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^\s*([A-Z_]+)=(.*)$/.exec(line.trimEnd()) ?? []
    if (key && value !== undefined) fields.set(key, unquoted(value))
  }
  const named = [fields.get('NAME'), fields.get('VERSION')].join(' ')
  return plainText(fields.get('PRETTY_NAME') || named, operatingSystemTextMax)
}

// A link's target that is not among the entries is returned, since it may exist all the same.
function followLinks(entries: Listing['entries'], file: string): string | null {
  let path = file
  for (let links = 0; links <= linksMax; links += 1) {
    const entry = entries.get(path)
    if (!entry && links === 0) return null
    if (!entry?.target) return plainPath.test(path) ? path : null
    path = posix.join('/', posix.dirname(path), entry.target).slice(1)
    if (entry.target.startsWith('/')) path = posix.normalize(entry.target).slice(1)
  }
  return null
}

function unquoted(value: string): string {
  const [, quoted = value] = /^(?:"(.*)"|'(.*)')$/.exec(value)?.filter((part) => part !== undefined) ?? []
  return quoted.replaceAll(/\\(["$`\\])/g, '$1')
}
