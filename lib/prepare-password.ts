/**
 * RFC 8265 (OpaqueString): systems encode the same typed password differently, so spaces and accents are normalised.
 */
export function preparePassword(typed: string): string {
  return typed.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}
