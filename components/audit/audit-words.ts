import { useTranslations } from 'next-intl'
import { isEventAction } from '@/lib/audit/rules'
import type { AuditItem } from '@/lib/audit/schema'

/** The facts that have a translated name; any other is shown by its key. */
const factNames = [
  'snapshotsUsed',
  'instancesUsed',
  'bytesUsed',
  'used',
  'quota',
  'account',
  'from',
  'to',
  'toRegion',
  'fromRegion',
  'by',
  'day',
  'until',
  'status',
  'group',
  'usernames',
  'replacement',
  'reason',
  'findings',
  'unchecked',
  'critical',
  'high',
  'rule',
  'finding',
  'size',
  'sha256',
  'wasThere',
  'sessionsEnded',
  'kind',
  'policies',
  'allowed',
  'blocked',
  'place',
  'name',
  'nameZh',
  'description',
  'operatingSystem',
  'tags',
  'images',
  'bytes',
  'instances',
  'snapshots',
  'force',
  'protected',
  'image',
  'imageName',
  'type',
  'operation',
  'code',
  'count',
  'days',
  'minDiskGib',
  'minMemoryMib',
  'bootMode',
] as const

/** The translated name of an action; an unknown action, from a newer console, is shown as its code. */
export function useActionName(): (action: string) => string {
  const t = useTranslations('audit')
  return (action) => (isEventAction(action) ? t(`actions.${action}`) : action)
}

/** The details of an entry in one line: values before and after, then other facts. */
export function useDetailsText(): (item: AuditItem) => string {
  const t = useTranslations('audit')
  const fact = (word: string, value: string) => {
    const known = factNames.find((name) => name === word)
    return t('fact', { name: known ? t(`facts.${known}`) : word, value })
  }
  const change = (one: unknown, other: unknown) =>
    t('change', { before: textOf(one) || t('noValue'), after: textOf(other) || t('noValue') })
  return ({ details: { before, after, from, to, ...rest } }) => {
    // New values are in `after`, or beside `before` under their own names.
    const [was, is] = [recordOf(before), { ...rest, ...recordOf(after) }]
    const changed = [...new Set([...Object.keys(was), ...Object.keys(recordOf(after))])]
    const isMove = from !== undefined && to !== undefined
    const facts = Object.entries({ ...(isMove ? {} : { from, to }), ...rest })
    return [
      ...(isMove ? [change(from, to)] : []),
      ...changed.map((name) => fact(name, change(was[name], is[name]))),
      ...facts.flatMap(([name, value]) =>
        changed.includes(name) || textOf(value) === '' ? [] : [fact(name, textOf(value))],
      ),
    ].join(' · ')
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
