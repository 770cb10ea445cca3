// Prints the SQL that creates schema.prisma in an empty database. Prisma's `migrate diff` downloads an engine; this
// runs the same engine from its npm package. Write a new migration by hand from the difference; the drift test compares
// the migrations with this output.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'

const require = createRequire(import.meta.url)

/** @param {string} url any PostgreSQL that answers: the engine only asks its version. */
export async function schemaSql(url) {
  // The engine reports a panic through this global; without it a panic is an unreadable TypeError.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) }
  const utilities = path.dirname(require.resolve('@prisma/driver-adapter-utils'))
  const glue = await import(pathToFileURL(path.join(utilities, '../../schema-engine-wasm/schema_engine_bg.js')).href)
  const wasm = path.join(path.dirname(require.resolve('prisma/package.json')), 'build/schema_engine_bg.wasm')
  const { instance } = await WebAssembly.instantiate(fs.readFileSync(wasm), { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  const file = path.join(import.meta.dirname, 'schema.prisma')
  const schema = { path: file, content: fs.readFileSync(file, 'utf8') }
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }))
  const engine = await glue.SchemaEngine.new({ datamodels: [[file, schema.content]] }, () => {}, adapter)
  const difference = await engine.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files: [schema] },
    script: true,
    shadowDatabaseUrl: null,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  return difference.stdout ?? ''
}

if (process.argv[1] === import.meta.filename) process.stdout.write(await schemaSql(process.env.DATABASE_URL))
