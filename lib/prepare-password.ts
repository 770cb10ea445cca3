/**
 * A password as it is hashed, by RFC 8265 (OpaqueString): any space is a plain one, and an accent is composed with its letter,
 * because keyboards and systems differ in both for what a person types the same way.
 */
export function preparePassword(typed: string): string {
  return typed.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}
