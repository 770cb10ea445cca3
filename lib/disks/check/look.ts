import { createHash } from 'node:crypto'
import { matchContent } from './content-rules'
import type { Found } from './findings'
import type { Packages } from './packages'
import type { PathRule } from './rule'
import { lintText } from './secretlint'

/** Larger files are checked by their path only. */
export const textBytesMax = 1024 ** 2
/** Where a zero byte shows that a file is no text. */
const headBytes = 8192

/** Files whose contents are packed or compiled, so that no pattern would find anything in them. */
const packedNames =
  /\.(?:gz|bz2|xz|zst|lz4|lzma|zip|7z|rar|tar|tgz|jar|war|whl|deb|rpm|apk|iso|img|qcow2|vmdk|so(?:\.[\d.]+)?|o|ko|a|pyc|pyo|class|mo|gmo|png|jpe?g|gif|webp|ico|woff2?|ttf|otf|eot|pdf|mp[34]|ogg|wav|exe|dll|sys|bin|elc|wasm|node|pack|idx|db|sqlite3?|cache|journal)$/i

/**
 * A file that needs a look: the rows of the table that its path in the system matches, and whether its text is searched. `path`
 * is from the root of its volume.
 */
export type Candidate = { path: string; systemPath: string; size: number; rules: PathRule[]; isText: boolean }

/** Whether the name of a file says that its contents are no text. */
export function isPacked(path: string): boolean {
  return packedNames.test(path)
}

/** What a file's path alone says: the rows without a test of contents, and all where the contents cannot be read. */
export function findByPath(file: Candidate, partition: number, isUnread: boolean): Found[] {
  return file.rules
    .filter((rule) => (isUnread || !rule.content) && (file.size > 0 || rule.evenEmpty))
    .slice(0, 1)
    .map((rule) => foundBy(rule, file.path, partition))
}

/** Files that are as their package has them are public. Files that are to be deleted are reported once. */
export async function findInContents(
  { file, bytes }: { file: Candidate; bytes: Buffer },
  partition: number,
  packages: Packages,
): Promise<Found[]> {
  const sum = packages.sumOf(file.systemPath)
  if (sum && createHash('md5').update(bytes).digest('hex') === sum) return []
  const ownedBy = packages.ownerOf(file.systemPath)
  const isBinary = bytes.subarray(0, headBytes).includes(0)
  const text = isBinary ? '' : bytes.toString('utf8')
  const byRules = file.rules.flatMap((rule): Found[] => {
    if (!rule.content) return file.size > 0 || rule.evenEmpty ? [foundBy(rule, file.path, partition)] : []
    // A row that tests text still holds for a file of that name which is no text: its format keeps secrets too.
    const match = isBinary ? null : rule.content(text)
    return match ? [{ ...foundBy(rule, file.path, partition), ...match }] : []
  })
  const whole = byRules.slice(0, 1)
  const isDeleted = whole.some(({ remedy, severity }) => remedy === 'delete' && severity !== 'low')
  const inText = isBinary || isDeleted || !file.isText ? [] : await findInText(file.path, text)
  const lines = new Set(whole.flatMap(({ line }) => line ?? []))
  const further = inText.filter(({ line }) => !lines.has(line))
  return [...byRules, ...further.map((match) => ({ ...match, ...reviewed, path: file.path, partition }))].map(
    (found) => ({ ...found, ownedBy, cleanable: found.cleanable && ownedBy === null }),
  )
}

const reviewed = { remedy: 'review', cleanable: true } as const

async function findInText(path: string, text: string) {
  const own = matchContent(text)
  const lines = new Set(own.map(({ line }) => line))
  const others = (await lintText(path, text)).filter(({ line }) => !lines.has(line))
  return [...own, ...others].map(({ rule, severity, line, masked }) => ({ rule, severity, line, masked }))
}

function foundBy({ id, severity, remedy, cleanable }: PathRule, path: string, partition: number): Found {
  return { rule: id, severity, remedy, cleanable, path, partition }
}
