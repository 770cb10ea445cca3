import fs from 'node:fs'
import { SourceMap } from 'node:module'
import path from 'node:path'
import type { Script } from './browser'

/** Sample the source map every 16 characters; a finer grid does not change the totals. */
const step = 16
const packagesShown = 25
const chunksShown = 8
const contentsShown = 5

type Contents = Map<string, number>

/** What scripts hold, by package, and the largest of them. `build` is the folder of a build with source maps. */
export function describeScripts(scripts: Script[], build: string): string[] {
  const chunks = scripts.map((script) => ({ script, contents: contentsOf(script, build) }))
  const packages: Contents = new Map()
  for (const { contents } of chunks) for (const [name, bytes] of contents) add(packages, name, bytes)
  const largest = chunks.sort((a, b) => b.script.bytes - a.script.bytes).slice(0, chunksShown)
  return [
    ...byBytes(packages, packagesShown).map(([name, bytes]) => `${kilobytes(bytes)}  ${name}`),
    ...largest.map(({ script, contents }) => {
      const parts = byBytes(contents, contentsShown).map(([name, bytes]) => `${name} ${kilobytes(bytes).trim()}`)
      const when = script.isInPage ? 'named in the page' : 'fetched by a script'
      return `${kilobytes(script.bytes)}  ${path.basename(script.path)} (${when}): ${parts.join(', ')}`
    }),
  ]
}

// The transferred size is distributed by the length of the uncompressed parts.
function contentsOf({ path: url, bytes }: Script, build: string): Contents {
  const contents: Contents = new Map()
  const file = path.join(build, url.replace('/_next/', ''))
  const text = fs.readFileSync(file, 'utf8')
  const mapName = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(text)?.[1]
  if (!mapName) return contents.set('without a source map', bytes)
  const map = new SourceMap(JSON.parse(fs.readFileSync(path.join(path.dirname(file), mapName), 'utf8')))
  const worth = (bytes / text.length) * step
  text.split('\n').forEach((line, row) => {
    for (let column = 0; column < line.length; column += step) {
      const entry = map.findEntry(row, column)
      add(contents, packageOf('originalSource' in entry ? entry.originalSource : ''), worth)
    }
  })
  return contents
}

function packageOf(source: string): string {
  const inPackage = source.split('node_modules/').at(-1) ?? ''
  if (!source.includes('node_modules/')) return /\[project\]\/(\w+)/.exec(source)?.[1] ?? 'bundler'
  // Next.js bundles React and other packages.
  const compiled = /^next\/dist\/compiled\/([^/]+)/.exec(inPackage)?.[1]
  if (compiled) return `next: ${compiled}`
  return /^(@[^/]+\/)?[^/]+/.exec(inPackage)?.[0] ?? inPackage
}

function add(contents: Contents, name: string, bytes: number): void {
  contents.set(name, (contents.get(name) ?? 0) + bytes)
}

function byBytes(contents: Contents, count: number): [string, number][] {
  return [...contents].sort((a, b) => b[1] - a[1]).slice(0, count)
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1).padStart(6)} kB`
}
