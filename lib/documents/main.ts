import fs from 'node:fs'
import path from 'node:path'
import { generatedDocuments } from './generated'

// `npm run docs`: writes the generated documents, and prints those that changed.

const root = path.resolve(import.meta.dirname, '../..')
for (const [file, text] of Object.entries(generatedDocuments())) {
  const target = path.join(root, file)
  if (fs.existsSync(target) && fs.readFileSync(target, 'utf8') === text) continue
  fs.writeFileSync(target, text)
  process.stdout.write(`${file}\n`)
}
