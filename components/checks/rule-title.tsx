import { useMessages } from 'next-intl'

/** What a rule is called. One that this version has no words for is shown by its id. */
export function RuleTitle({ rule }: { rule: string }) {
  return <span>{useRuleWords()(rule).title}</span>
}

type Words = { title: string; why: string | null; todo: string | null }

/** What stands in the messages of a rule. */
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
