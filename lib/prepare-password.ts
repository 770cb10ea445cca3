/**
 * Prepares a password for hashing by RFC 8265 (OpaqueString): all spaces become plain ones and accents are composed,
 * because keyboards and systems encode the same typed password differently.
 */
export function preparePassword(typed: string): string {
  return typed.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}
