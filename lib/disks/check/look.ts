import { createHash } from 'node:crypto'
import { matchContent } from './content-rules'
import type { Found } from './findings'
import type { Packages } from './packages'
import type { PathRule } from './rule'
import { lintText } from './secretlint'

/** Larger files are checked by path only. */
export const textBytesMax = 1024 ** 2
/** A zero byte in this many first bytes means that a file is binary. */
const headBytes = 8192

/** Names of compressed or compiled files, in which no pattern would match. */
const packedNames =
  /\.(?:gz|bz2|xz|zst|lz4|lzma|zip|7z|rar|tar|tgz|jar|war|whl|deb|rpm|apk|iso|img|qcow2|vmdk|so(?:\.[\d.]+)?|o|ko|a|pyc|pyo|class|mo|gmo|png|jpe?g|gif|webp|ico|woff2?|ttf|otf|eot|pdf|mp[34]|ogg|wav|exe|dll|sys|bin|elc|wasm|node|pack|idx|db|sqlite3?|cache|journal)$/i

/**
 * A file to check: the path rules that its path in the running system matches, and whether its text is searched. `path` begins at the
 * root of its volume.
 */
export type Candidate = { path: string; systemPath: string; size: number; rules: PathRule[]; isText: boolean }

/** Whether a file's name says that its contents are not text. */
export function isPacked(path: string): boolean {
  return packedNames.test(path)
}

/** Findings by path alone: of rules without a content test, and of all rules if the contents cannot be read. */
export function findByPath(file: Candidate, partition: number, isUnread: boolean): Found[] {
  return file.rules
    .filter((rule) => (isUnread || !rule.content) && (file.size > 0 || rule.evenEmpty))
    .slice(0, 1)
    .map((rule) => foundBy(rule, file.path, partition))
}

/**
 * Findings by contents. A file unchanged since its package installed it is public and gives none. A file that is to be deleted gives
 * one only.
 */
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
    // A binary file also matches a rule with a content test, since its format may hold secrets.
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
