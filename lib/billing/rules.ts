import { shareDay } from '@/lib/shares/rules'

const hourMs = 60 * 60 * 1000

/** The calendar month, as YYYY-MM, of a moment in the deployment's time zone. */
export function monthOf(at: Date, timeZone: string): string {
  return shareDay(at, timeZone).slice(0, 7)
}

/** The month `count` months later, or earlier if `count` is negative. */
export function monthAfter(month: string, count: number): string {
  const [year = 0, ordinal = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, ordinal - 1 + count)).toISOString().slice(0, 7)
}

/**
 * The starts of a month's days, and of the day after. An hour belongs to the day in which it begins, so none is lost.
 */
export function dayStarts(month: string, timeZone: string): Date[] {
  const first = Date.parse(`${month}-01T00:00:00Z`)
  const days = (Date.parse(`${monthAfter(month, 1)}-01T00:00:00Z`) - first) / (24 * hourMs)
  return Array.from({ length: days + 1 }, (_, index) => dayStart(first + index * 24 * hourMs, timeZone))
}

// No zone is further from UTC than 14 hours. Clocks may change at midnight, so the start is searched for.
function dayStart(utcMidnight: number, timeZone: string): Date {
  const day = new Date(utcMidnight).toISOString().slice(0, 10)
  let [before, after] = [utcMidnight - 16 * hourMs, utcMidnight + 16 * hourMs]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (shareDay(new Date(middle), timeZone) < day) before = middle
    else after = middle
  }
  return new Date(after)
}

/** How many hours begin after the current one and before `end`: those without a line yet. */
export function hoursLeft(now: Date, end: Date): number {
  const next = (Math.floor(now.getTime() / hourMs) + 1) * hourMs
  return Math.max(0, Math.ceil((end.getTime() - next) / hourMs))
}

/** A round number at or above the largest bar, in minor units, so that the axis has four equal steps. */
export function axisTop(largest: number): number {
  const step = Math.max(1, largest) / 4
  const power = 10 ** Math.floor(Math.log10(step))
  const round = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= step) ?? 10
  return 4 * Math.max(1, Math.ceil(round * power))
}

/** An amount in minor units as a plain decimal number, for programs. */
export function decimalOf(minor: number, digits: number): string {
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${minor < 0 ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`
}

/** A decimal number in minor units, or null if it has more decimals than the currency. */
export function minorOf(decimal: string, digits: number): number | null {
  const [whole = '', decimals = ''] = decimal.replace('-', '').split('.')
  if (decimals.length > digits) return null
  return (decimal.startsWith('-') ? -1 : 1) * Number(whole + decimals.padEnd(digits, '0'))
}
