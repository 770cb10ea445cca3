import { expect, it } from 'vitest'
import { Gate, Overloaded } from './gate'

type Work = { key: string; end: () => void; done: Promise<unknown> }

/** Work that lasts until the test ends it; `begun` has the keys in the order in which the gate admitted them. */
function crowd(gate: Gate) {
  const begun: string[] = []
  const start = (key: string): Work => {
    let end = () => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    const done = gate.run(key, async () => {
      begun.push(key)
      await ended
    })
    done.catch(() => {})
    return { key, end, done }
  }
  return { begun, start }
}

/** Lets all pending continuations run. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const limits = { running: 2, waiting: 3, perKey: 3, patienceMs: 10_000 }

it('admits a number at once, and the others in the order of arrival', async () => {
  const { begun, start } = crowd(new Gate(limits))
  const all = ['a', 'b', 'c', 'd'].map(start)
  await settled()
  expect(begun).toEqual(['a', 'b'])
  for (const work of all) {
    work.end()
    await work.done
    await settled()
  }
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
})

it('never runs two with one key, and admits another key meanwhile', async () => {
  const { begun, start } = crowd(new Gate(limits))
  const [first, second, other] = [start('a'), start('a'), start('b')]
  await settled()
  expect(begun).toEqual(['a', 'b'])
  first?.end()
  await first?.done
  await settled()
  expect(begun).toEqual(['a', 'b', 'a'])
  second?.end()
  other?.end()
  await Promise.all([second?.done, other?.done])
})

it('rejects at once when the queue is full, and when one key has too many', async () => {
  const { start } = crowd(new Gate(limits))
  const inside = ['a', 'b', 'a', 'a', 'c'].map(start)
  await expect(start('a').done).rejects.toThrow(Overloaded)
  await expect(start('d').done).rejects.toThrow(Overloaded)
  for (const work of inside) work.end()
  await Promise.all(inside.map(({ done }) => done))
  const later = start('d')
  later.end()
  await later.done
})

it('frees the place if the work fails', async () => {
  const gate = new Gate({ running: 1, waiting: 1, perKey: 1, patienceMs: 10_000 })
  await expect(gate.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await gate.run('a', async () => 'again')).toBe('again')
})

it('rejects work that has waited too long, and frees its place in the queue', async () => {
  const { begun, start } = crowd(new Gate({ ...limits, waiting: 1, patienceMs: 5 }))
  const inside = ['a', 'b'].map(start)
  await expect(start('c').done).rejects.toThrow(Overloaded)
  await expect(start('d').done).rejects.toThrow(Overloaded)
  for (const work of inside) {
    work.end()
    await work.done
  }
  await settled()
  expect(begun).toEqual(['a', 'b'])
})
