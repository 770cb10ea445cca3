/**
 * Mutants that no test can kill, because they do not change behaviour: they are not counted. A listed mutant that is
 * killed, or no longer exists, fails the run, so that the list stays true. `line` is the first line of the mutant as
 * written, `code` the mutated code and `by` its replacement.
 */
export type Equivalent = { file: string; line: string; code: string; by: string; why: string }

const accounts = 'lib/accounts/rules.ts'
const copies = 'lib/copies/writes.ts'
const split = "const [login = '', master = '', ...more] = word.split('@')"
const tokens = 'const tokens = /"[^"\\n]*"|<[^<>\\n]*>|[\\s,;、]+|[^\\s,;、<"]+|[<"]/gu'
const oneRow = 'the statement always has one row; the check is for the compiler'
const region = 'return regionIdPattern.test(id) && !reservedRegionIds.some((reserved) => reserved === id)'
const noReserved =
  'no reserved word has the form of a region id today, so the second half of the condition is always true'
const unread = 'any word but that of another treatment or culprit means the same: nobody reads this one'

export const equivalents: Equivalent[] = [
  {
    file: 'lib/quotas/rules.ts',
    line: 'export const resourceNames = Object.keys(resources).filter(isResource)',
    code: 'Object.keys(resources).filter(isResource)',
    by: 'Object.keys(resources)',
    why: 'every key of the table is a resource: the filter only tells the compiler so',
  },
  ...['login', 'master'].map((name) => ({
    file: accounts,
    line: split,
    code: "''",
    by: '"Stryker was here!"',
    why: `${name} is only asked whether it is a username, and neither text is one`,
  })),
  {
    file: accounts,
    line: tokens,
    code: '/"[^"\\n]*"|<[^<>\\n]*>|[\\s,;、]+|[^\\s,;、<"]+|[<"]/gu',
    by: '/"[^"\\n]*"|<[^<>\\n]*>|[\\s,;、]|[^\\s,;、<"]+|[<"]/gu',
    why: 'a run of separators ends words as its separators one by one do',
  },
  {
    file: accounts,
    line: '.split(/\\s+/)',
    code: '/\\s+/',
    by: '/\\s/',
    why: 'the empty words in between are left out',
  },
  {
    file: accounts,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a line of source as text.
    line: "return `${letters[0] ?? ''}${'•'.repeat(Math.min(letters.length - 1, 6))}`",
    code: "''",
    by: '"Stryker was here!"',
    why: 'a word that is not empty has a first letter',
  },
  ...[
    ['reservedRegionIds.some((reserved) => reserved === id)', 'reservedRegionIds.every(reserved => reserved === id)'],
    ['(reserved) => reserved === id', '() => undefined'],
    ['reserved === id', 'false'],
  ].map(([code = '', by = '']) => ({ file: 'lib/regions/rules.ts', line: region, code, by, why: noReserved })),
  {
    file: 'lib/images/rules.ts',
    line: "return foldName(facts.typedName ?? '') === image.name ? null : { code: 'IMAGE_NAME_MISMATCH' }",
    code: "''",
    by: '"Stryker was here!"',
    why: 'neither text can be the name of an image',
  },
  {
    file: 'lib/billing/rules.ts',
    line: '/^-?\\d+(\\.\\d+)?$/.test(String(cell)) ? String(cell) : quoted(defused(String(cell))),',
    code: '/^-?\\d+(\\.\\d+)?$/',
    by: '/^-\\d+(\\.\\d+)?$/',
    why: 'a number without a sign is neither a formula nor quoted: it stays as it is either way',
  },
  ...['/^-|-+$/g', '/^-+|-$/g'].map((by) => ({
    file: 'lib/instances/rules.ts',
    line: ".replace(/^-+|-+$/g, '')",
    code: '/^-+|-+$/g',
    by,
    why: 'a run of other characters has become one hyphen by then',
  })),
  {
    file: 'lib/blobs/writes.ts',
    line: 'if (image.blobId !== null && image.blobId !== place.blobId) await removeIfUnheld(tx, image.blobId, now)',
    code: 'image.blobId !== place.blobId',
    by: 'true',
    why: 'the image itself holds the same blob by then, so nothing is removed',
  },
  ...['!found', '!row'].flatMap((code) => {
    const line = `if (${code}) throw new Error('A statement without FROM of a table has one row.')`
    const file = 'lib/shares/writes.ts'
    const text = "'A statement without FROM of a table has one row.'"
    return [
      { file, line, code, by: 'false', why: oneRow },
      { file, line, code: text, by: '""', why: oneRow },
    ]
  }),
  {
    file: 'lib/shares/writes.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a line of source as text.
    line: "WHERE username = ANY(${usernames.filter(isUsername)}::text[]) AND kind = 'MASTER') masters",
    code: 'usernames.filter(isUsername)',
    by: 'usernames',
    why: 'no account has a name that cannot be one; the filter only saves the database the search',
  },
  {
    file: 'lib/shares/writes.ts',
    line: 'const account = id === undefined ? undefined : accounts.get(id)',
    code: 'id === undefined',
    by: 'false',
    why: 'no account has no id; the condition is for the compiler',
  },
  ...['holders', 'full'].map((list) => ({
    file: 'lib/shares/writes.ts',
    line: `${list === 'full' ? 'quotaFull' : 'alreadyShared'}: id !== undefined && row.${list}.includes(id),`,
    code: 'id !== undefined',
    by: 'true',
    why: 'neither list has an empty id; the condition is for the compiler',
  })),
  {
    file: 'lib/accounts/writes-look-up.ts',
    line: 'if (counted.length === 0) return',
    code: 'counted.length === 0',
    by: 'false',
    why: 'no row is written for no name either',
  },
  {
    file: 'lib/sessions/writes.ts',
    line: 'if (!lock?.isOurs) throw new StartOver()',
    code: 'lock?.isOurs',
    by: 'lock.isOurs',
    why: oneRow,
  },
  ...transferErrors(),
  ...[
    ['image.copyOfId === null', 'false'],
    ["refusal ?? { code: 'IMAGE_BUSY', state: image.state }", "refusal && { code: 'IMAGE_BUSY', state: image.state }"],
    ["{ code: 'IMAGE_BUSY', state: image.state }", '{}'],
    ["'IMAGE_BUSY'", '""'],
  ].map(([code = '', by = '']) => ({
    file: copies,
    line: "if (refusal || image.copyOfId === null) return refuse(refusal ?? { code: 'IMAGE_BUSY', state: image.state })",
    code,
    by,
    why: 'the rule has refused what is no copy, in the same words; this half is for the compiler',
  })),
  {
    file: copies,
    line: 'return { images: copy?.copyOfId ? [copy.copyOfId] : [] }',
    code: '[]',
    by: '["Stryker was here"]',
    why: 'there is no such image, so nothing more is locked',
  },
  {
    file: copies,
    line: "return await refuseNewImage(tx, { ownerId: ctx.viewer.ownerId, regionId, bytes, writing: { where: 'store', bytes } })",
    code: "'store'",
    by: '""',
    why: 'what is not the staging folder is the store',
  },
]

function transferErrors(): Equivalent[] {
  const file = 'lib/transfers/rules.ts'
  const errors = {
    ours: ['STORE_REFUSED', 'STORE_FULL', 'COPY_SOURCE_GONE', 'COPY_SOURCE_DAMAGED', 'IMAGE_BUSY'],
    'the disk': ['DISK_REFUSED', 'IMAGE_TOO_LARGE'],
    'the sender': ['BYTES_QUOTA_FULL', 'CHECKSUM_MISMATCH', 'SIGNED_OUT'],
  }
  return Object.entries(errors).flatMap(([whose, codes]) =>
    codes.flatMap((code) => {
      const line = `${code}: { whose: '${whose}', treatment: 'fails' },`
      const fails = { file, line, code: "'fails'", by: '""', why: unread }
      const none = {
        file,
        line,
        code: `{ whose: 'ours', treatment: 'fails' }`,
        by: '{}',
        why: 'the answer is as for an error that fails and is ours',
      }
      return whose === 'ours' ? [fails, none] : [fails, { file, line, code: `'${whose}'`, by: '""', why: unread }]
    }),
  )
}
