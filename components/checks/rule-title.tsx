import { useMessages } from 'next-intl'

/** The title of a rule. A rule that this version does not know is shown by its id. */
export function RuleTitle({ rule }: { rule: string }) {
  return <span>{useRuleWords()(rule).title}</span>
}

type Words = { title: string; why: string | null; todo: string | null }

/** The texts of a rule from the messages. */
export function useRuleWords(): (rule: string) => Words {
  const messages: object = useMessages()
  const rules: unknown = 'checkRules' in messages ? messages.checkRules : {}
  return (rule) => ({
    title: textOf(rules, rule, 'title') ?? rule,
    why: textOf(rules, rule, 'why'),
    todo: textOf(rules, rule, 'todo'),
  })
}

function textOf(rules: unknown, rule: string, field: string): string | null {
  const words = isRecord(rules) ? rules[rule] : undefined
  const text = isRecord(words) ? words[field] : undefined
  return typeof text === 'string' ? text : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
