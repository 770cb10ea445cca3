import type { Blocks } from '../guest/blocks'
import type { Range } from './clear-bits'
import { contentRules } from './content-rules'
import { stars } from './content-tests'
import type { Found } from './findings'

/** A secret at an offset of the disk. */
type Hit = { offset: number; masked: string }

const pieceBytes = 1024 ** 2
/** Longest secret that is recognised, so that none is missed across two pieces. */
const overlapBytes = 1024
const hitsMax = 200

const privateKey =
  /(-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)\s{0,4}[A-Za-z0-9+/=\s:,-]{0,160}[A-Za-z0-9+/]{40}/g
/** Rules whose pattern random bytes do not match by chance. */
const distinct: readonly string[] = [
  'aws-access-key',
  'alibaba-access-key',
  'github-token',
  'gitlab-token',
  'slack-token',
  'stripe-key',
  'google-api-key',
]
const patterns = [{ pattern: privateKey, isReal: undefined }, ...contentRules.filter(({ id }) => distinct.includes(id))]
/** The prefixes of all of them. One pass for these is as fast as reading, and most pieces have none. */
const beginnings =
  /PRIVATE KEY|A(?:KI|SI)A[A-Z2-7]{16}|LTAI[A-Za-z0-9]{12}|gh[pousr]_\w{36}|github_pat_|gl[a-z]{2,4}-|xox[a-z]-|[sr]k_live_|AIza/

/** Searches ranges of a disk outside files for keys and tokens. `base` is added to offsets of `disk` to get those of the whole disk. */
export function searchRanges(disk: Blocks, ranges: Iterable<Range>, base = 0): Hit[] {
  const hits = new Map<number, string>()
  for (const { start, end } of merged(ranges)) {
    for (let at = disk.skipHole(start); at < end; at = disk.skipHole(at + pieceBytes)) {
      const text = disk.read(at, Math.min(pieceBytes + overlapBytes, end - at)).toString('latin1')
      if (!beginnings.test(text)) continue
      for (const { pattern, isReal } of patterns) {
        for (const match of text.matchAll(pattern)) {
          if (match.index >= pieceBytes || isReal?.(match.groups?.secret ?? '') === false) continue
          hits.set(base + at + match.index, `${match[1] ?? ''}${stars}`)
          if (hits.size >= hitsMax) return asHits(hits)
        }
      }
    }
  }
  return asHits(hits)
}

function asHits(hits: Map<number, string>): Hit[] {
  return [...hits].map(([offset, masked]) => ({ offset, masked }))
}

/**
 * Where a secret outside a file is: in free space that a clean copy zeroes, in unused bytes that it keeps, or in a place that may
 * belong to a file that cannot be read.
 */
export type Place = 'zeroed' | 'unused' | 'unread'

const rules = { zeroed: 'deleted-secret', unused: 'unused-secret', unread: 'unread-secret' } as const

/** The finding for such a secret. */
export function foundHit({ offset, masked }: Hit, partition: number, place: Place): Found {
  const remedy =
    place === 'zeroed'
      ? ({ remedy: 'empty', cleanable: true } as const)
      : ({ remedy: 'review', cleanable: false } as const)
  return { rule: rules[place], severity: 'high', partition, path: '', offset, masked, ...remedy }
}

/** Merges adjacent ranges, as most of them are. */
function* merged(ranges: Iterable<Range>): Generator<Range> {
  let open: Range | null = null
  for (const { start, end } of ranges) {
    if (open && open.end === start) open = { start: open.start, end }
    else {
      if (open) yield open
      open = { start, end }
    }
  }
  if (open) yield open
}
