import type { Wanted } from './contents'

/** Debian's lists: the files of a package with their MD5 sums, and the status file, with the sums of configuration files. */
export const packageLists = /^var\/lib\/dpkg\/(?:info\/[^/]+\.md5sums|status)$/
const rpmDatabase = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\//

/** Folders in which a package's files are read all the same, because people change them. */
const changedByPeople = /^(?:etc|root|home|srv|opt|var\/www)\//
/** Folders that RPM fills. People do not store secrets there, and its database is not read for checksums. */
const shippedByRpm = /^(?:usr\/(?:lib|lib64|libexec|share|bin|sbin|include|src)|lib|lib64|bin|sbin)\//

export type Packages = {
  /** Parses one of the lists. */
  addList: (file: Wanted, text: string) => void
  /** Notes that a file exists, which may show that the system uses RPM. */
  see: (path: string) => void
  /** Whether the contents need not be read: a package's file in a folder where nobody changes files. */
  isShipped: (path: string) => boolean
  /** The package that owns the file; null if none is known. */
  ownerOf: (path: string) => string | null
  /** The MD5 sum of a package's unchanged file; null if it is unknown. */
  sumOf: (path: string) => string | null
}

/** Maximum number of files remembered from the lists. */
const ownedMax = 300_000

/** Ownership and checksums of files according to the guest's package manager. */
export function createPackages(): Packages {
  const sums = new Map<string, { sum: string; owner: string }>()
  let isRpm = false
  // If /bin is a link to /usr/bin, the lists may use either path.
  const find = (path: string) => sums.get(path) ?? (path.startsWith('usr/') ? sums.get(path.slice(4)) : undefined)
  const add = (path: string, sum: string, owner: string) => {
    if (sums.size < ownedMax) sums.set(path, { sum, owner })
  }
  return {
    addList: ({ path }, text) => {
      if (path.endsWith('/status')) for (const { file, sum, owner } of settingsIn(text)) add(file, sum, owner)
      else {
        const owner = /([^/:]+)(?::[^/]+)?\.md5sums$/.exec(path)?.[1] ?? ''
        for (const [, sum = '', file = ''] of text.matchAll(/^([0-9a-f]{32}) {2}(.{1,4096})$/gm)) add(file, sum, owner)
      }
    },
    see: (path) => {
      isRpm ||= rpmDatabase.test(path)
    },
    isShipped: (path) =>
      (find(path) !== undefined && !changedByPeople.test(path)) ||
      (isRpm && sums.size === 0 && shippedByRpm.test(path)),
    ownerOf: (path) => find(path)?.owner ?? null,
    sumOf: (path) => find(path)?.sum ?? null,
  }
}

// Longer package names are cut, because each of the package's files holds the name.
const settingLines = /^Package: (\S{1,128})|^ \/(\S{1,4096}) ([0-9a-f]{32})(?: obsolete)?$/gm

/** The checksums of configuration files are in dpkg's status file instead of the lists. */
function* settingsIn(status: string) {
  let owner = ''
  for (const [, name, file, sum] of status.matchAll(settingLines)) {
    if (name) owner = name
    else if (file && sum) yield { file, sum, owner }
  }
}
