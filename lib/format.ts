import type { Refusal } from './result'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** One formatter per language, because a table formats hundreds of sizes. */
const numberFormats = new Map<string, Intl.NumberFormat>()

/** `16 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number, locale: string): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const format = numberFormats.get(locale) ?? new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  numberFormats.set(locale, format)
  return `${format.format(value)} ${units[unit]}`
}

/** The decimals of a currency, by ISO 4217. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}

/** An amount in minor units of its currency, with the currency's digits: `¥0.08`, `¥1,234` in yen. */
export function formatAmount(minor: number, currency: string, locale: string): string {
  const key = `${locale} ${currency}`
  const options = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const
  const format = numberFormats.get(key) ?? new Intl.NumberFormat(locale, options)
  numberFormats.set(key, format)
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** `GMT+8`. */
export function zoneOffset(timeZone: string, locale: string, at: Date): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'shortOffset' }).formatToParts(at)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
}

/** The sizes that a refusal's sentence names, as people read them. */
export function sizesOf(refusal: Refusal, locale: string): Record<string, string> {
  if (refusal.code === 'BYTES_QUOTA_BELOW_USE') return { used: formatBytes(refusal.used, locale) }
  if (refusal.code !== 'BYTES_QUOTA_FULL') return {}
  const { used, quota, asked } = refusal
  return Object.fromEntries(
    Object.entries({ used, quota, asked }).map(([fact, bytes]) => [fact, formatBytes(bytes, locale)]),
  )
}

/** `64GiB`, `1.5 TiB`, `1048576`. */
export const bytesPattern = /^\d+(\.\d+)?\s?(B|KiB|MiB|GiB|TiB)?$/

/** The bytes of a size that matches `bytesPattern`. */
export function parseBytes(text: string): number {
  const unit = units.indexOf(text.replace(/[\d.\s]/g, '') || 'B')
  return Math.floor(Number.parseFloat(text) * 1024 ** unit)
}

/** A duration as in settings: a whole number of seconds, minutes, hours or days. */
export const durationPattern = /^[1-9]\d{0,5}(s|m|h|d)$/

/** The milliseconds of a duration that matches `durationPattern`. */
export function parseDuration(text: string): number {
  const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  return Number.parseInt(text, 10) * (unitMs[text.slice(-1)] ?? 1)
}
