import pg from 'pg'
import { z } from 'zod'
import { newId } from '@/lib/ids'
import type { ShareTask } from './share-tasks'

const issuedStatement = z.object({ text: z.string(), values: z.array(z.unknown()) })

type Statement = z.infer<typeof issuedStatement>
type Fill = (words: Words) => unknown
type Words = string[]

/** The statements of one share, ready to be issued for any other. */
export type Recipe = { text: string; values: Fill[] }[]

/**
 * Records the statements that `work` sends to PostgreSQL, with their values and in order. They are recorded in the driver, so
 * they are the ones that are really sent.
 */
export async function issuedBy(work: () => Promise<unknown>): Promise<Statement[]> {
  const { query } = pg.Client.prototype
  const issued: Statement[] = []
  const replace = (value: unknown) =>
    Object.defineProperty(pg.Client.prototype, 'query', { value, writable: true, configurable: true })
  replace(function noteAndQuery(this: pg.Client, ...args: unknown[]): unknown {
    const statement = issuedStatement.safeParse(args[0])
    if (statement.success) issued.push(statement.data)
    return Reflect.apply(query, this, args)
  })
  try {
    await work()
    return issued
  } finally {
    replace(query)
  }
}

export function toRecipe(statements: Statement[], task: ShareTask, shareId: string): Recipe {
  const words = wordsOf(task, shareId)
  return statements.map(({ text, values }) => ({ text, values: values.map((value) => toFill(value, words)) }))
}

export async function issueByHand(client: pg.Client, recipe: Recipe, task: ShareTask): Promise<void> {
  const words = wordsOf(task, newId('shr'))
  for (const { text, values } of recipe) {
    await client.query({ text, values: values.map((fill) => fill(words)), rowMode: 'array' })
  }
}

function wordsOf({ imageId, owner, recipient, day }: ShareTask, shareId: string): Words {
  return [imageId, owner.id, owner.username, recipient.id, recipient.username, shareId, day]
}

// Prepared once, so that filling in a statement costs almost nothing.
function toFill(value: unknown, words: Words): Fill {
  if (Array.isArray(value)) {
    const fills = value.map((item) => toFill(item, words))
    return (own) => fills.map((fill) => fill(own))
  }
  if (typeof value !== 'string') return () => value
  const found = words.findIndex((word) => value.includes(word))
  const word = words[found]
  if (word === undefined) return () => value
  if (value === word) return (own) => own[found]
  return (own) => value.replaceAll(word, own[found] ?? '')
}
