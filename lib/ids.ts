import { randomInt } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** A new id such as `img-3f9k2m0qzx`: the kind and 10 random lower-case letters or digits (36^10, about 52 bits). */
export function newId(kind: 'acc' | 'img' | 'shr' | 'blb' | 'ins' | 'snap' | 'bld' | 'grp'): string {
  let id = `${kind}-`
  for (let i = 0; i < 10; i++) id += alphabet[randomInt(alphabet.length)]
  return id
}
