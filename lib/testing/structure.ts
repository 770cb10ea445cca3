import path from 'node:path'

// Walks the imports of a tree and reports violations of the floors. The tree is given as text, so that tests can check
// invented trees too.

export type Tree = Map<string, string>

/** The rooms of lib/: the floors of nouns from the ground up, the tools that know no noun, and the doors that call nouns. */
export type Order = { floors: readonly (readonly string[])[]; tools: readonly string[]; doors: readonly string[] }

type Arrow = { from: string; to: string; isType: boolean }

const importing = /(?:^|\n)(?:import|export)\s(type\s)?[^'"();]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g
const endings = ['', '.ts', '.tsx', '.mjs', '.js']

export function arrowsOf(tree: Tree): Arrow[] {
  return [...tree].flatMap(([from, text]) =>
    [...text.matchAll(importing)].flatMap(([, type, fixed, dynamic]) => {
      const to = resolve(tree, from, fixed ?? dynamic ?? '')
      return to ? [{ from, to, isType: type !== undefined }] : []
    }),
  )
}

function resolve(tree: Tree, from: string, named: string): string | undefined {
  if (!named.startsWith('@/') && !named.startsWith('.')) return undefined
  const target = named.startsWith('@/') ? named.slice(2) : path.posix.join(path.posix.dirname(from), named)
  return endings.map((ending) => target + ending).find((file) => tree.has(file))
}

/** The room of a file: its folder in lib/, `seam` for a file directly in lib/, `screen` for app and components. */
function roomOf(file: string): string {
  const [top, second, third] = file.split('/')
  if (top !== 'lib') return top === 'app' || top === 'components' ? 'screen' : 'beside'
  return third === undefined ? 'seam' : (second ?? '')
}

export function brokenOrder(tree: Tree, order: Order): string[] {
  const arrows = arrowsOf(tree)
  const floorOf = (room: string) => order.floors.findIndex((rooms) => rooms.includes(room))
  const isNoun = (room: string) => floorOf(room) >= 0
  const fault = ({ from, to }: Arrow): string | null => {
    const [a, b] = [roomOf(from), roomOf(to)]
    if (a === b || a === 'screen' || a === 'beside' || order.doors.includes(a)) return null
    if (order.doors.includes(b)) return 'only a door or a screen imports a door'
    if (order.tools.includes(a) && isNoun(b)) return 'a tool imports no noun'
    if (a === 'seam' && floorOf(b) > 0) return 'a file of lib/ itself imports nouns of the ground only'
    if (!isNoun(a) || !isNoun(b)) return null
    if (floorOf(b) > floorOf(a)) return 'a noun imports nouns of its own floor or below'
    const isWrites = path.posix.basename(to).startsWith('writes')
    return isWrites && floorOf(b) > 0 ? "no noun imports another's writes, but the ground's" : null
  }
  const rooms = new Set([...tree.keys()].map(roomOf))
  const known = ['seam', 'screen', 'beside', ...order.floors.flat(), ...order.tools, ...order.doors]
  return [
    ...[...rooms].filter((room) => !known.includes(room)).map((room) => `lib/${room}: neither noun, tool nor door`),
    ...arrows.flatMap((arrow) => {
      const why = fault(arrow)
      return why ? [`${arrow.from} → ${arrow.to}: ${why}`] : []
    }),
    ...throughSeams(tree, arrows, order, isNoun),
  ]
}

/** Tools that import a noun through a file of lib/ itself. */
function throughSeams(tree: Tree, arrows: Arrow[], order: Order, isNoun: (room: string) => boolean): string[] {
  const next = (file: string) => arrows.filter(({ from }) => from === file).map(({ to }) => to)
  const reaches = (file: string, seen: Set<string>): boolean =>
    next(file).some((to) => {
      if (isNoun(roomOf(to))) return true
      if (seen.has(to) || roomOf(to) !== 'seam') return false
      seen.add(to)
      return reaches(to, seen)
    })
  const knowing = [...tree.keys()].filter((file) => roomOf(file) === 'seam' && reaches(file, new Set([file])))
  return arrows
    .filter(({ from, to }) => order.tools.includes(roomOf(from)) && knowing.includes(to))
    .map(({ from, to }) => `${from} → ${to}: a tool imports no file that knows a noun`)
}

function circles(edges: [from: string, to: string][]): string[] {
  const next = new Map<string, Set<string>>()
  for (const [from, to] of edges) if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to))
  const reached = new Map<string, Set<string>>()
  for (const start of next.keys()) {
    const seen = new Set<string>()
    const open = [start]
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const to of next.get(at) ?? []) if (!seen.has(to)) open.push(to) && seen.add(to)
    reached.set(start, seen)
  }
  const tied = (a: string) => [...(reached.get(a) ?? [])].filter((b) => reached.get(b)?.has(a)).sort()
  return [...new Set([...next.keys()].map((name) => tied(name).join(' ↔ ')).filter(Boolean))].sort()
}

export function circlesOfFiles(tree: Tree): string[] {
  return circles(arrowsOf(tree).map(({ from, to }) => [from, to]))
}

export function circlesOfNouns(tree: Tree, { floors }: Order): string[] {
  const nouns = floors.flat()
  const edges = arrowsOf(tree).map(({ from, to }): [string, string] => [roomOf(from), roomOf(to)])
  return circles(edges.filter((edge) => edge.every((room) => nouns.includes(room))))
}

const impure = /\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\b|\bperformance\.|\bfetch\(/

/** Reports impure rules: those that import anything but rules, or use the clock, settings or randomness. */
export function impureRules(tree: Tree): string[] {
  const isRules = (file: string) => /^lib\/[^/]+\/rules\.ts$/.test(file)
  const knowing = arrowsOf(tree)
    .filter(({ from, to, isType }) => isRules(from) && !isType && !isRules(to) && to !== 'lib/result.ts')
    .map(({ from, to }) => `${from} → ${to}: rules import other rules and lib/result only`)
  const packages = [...tree].filter(
    ([file, text]) => isRules(file) && /from\s+['"](?![.]|@\/)/.test(withoutComments(text)),
  )
  const asking = [...tree].flatMap(([file, text]) => {
    const found = isRules(file) ? impure.exec(withoutComments(text)) : null
    return found ? [`${file}: rules are pure, and this one has ${found[0]}`] : []
  })
  return [...knowing, ...packages.map(([file]) => `${file}: rules import no package`), ...asking]
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1')
}

/** Ways in which a test waits on its own: a sleep, a loop or condition that reads the clock, or a timeout. */
const ownWaits = {
  sleeps: /timers\/promises|waitForTimeout|new Promise\(\(?\w+\)? => (\{ )?(void )?setTimeout|\bAtomics\.wait\(/,
  'waits in a loop that reads the clock': /while \([^\n]*\b(Date|performance)\.now\(/,
  'waits for a time': /until(True)?\((async )?\(\) => [^\n]*\b(Date|performance)\.now\(/,
}
const ownEnds = {
  'changes how long tests may take': /\bvi\.setConfig\(/,
  'polls by itself': /\bvi\.wait(For|Until)\(/,
  'says how long it polls': /\.poll\([^\n]*\{ (timeout|interval):/,
  'says how long a test takes': /^\s*(\{ timeout: [\d_]+ \}|\}?,? ?([\d_]{4,}|\d+ \* minutes?),?\n?\))/m,
}

/** `isOfBrowser`: allows timeouts, which Playwright's configuration sets there. */
export function waitsOfItsOwn(text: string, { isOfBrowser = false } = {}): string[] {
  const kinds = Object.entries(isOfBrowser ? ownWaits : { ...ownWaits, ...ownEnds })
  return kinds.filter(([, pattern]) => pattern.test(withoutComments(text))).map(([kind]) => kind)
}
