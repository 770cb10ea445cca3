import { useTranslations } from 'next-intl'
import { unknownLookupsMax } from '@/lib/accounts/rules'
import { tagsMax } from '@/lib/images/rules'
import { dailySharesMax, recipientsMax, usernamesMax } from '@/lib/shares/rules'
import type { HelpTopic } from './help-topics'

/** The help of a page: one or two sentences per rule, with the original wording where there is one. */
type HelpRule =
  | 'recipients'
  | 'daily'
  | 'quota'
  | 'charged'
  | 'chargedYou'
  | 'own'
  | 'region'
  | 'master'
  | 'cancel'
  | 'delete'
  | 'available'
  | 'allOrNone'
  | 'lookUps'
  | 'failed'
  | 'formats'
  | 'resume'
  | 'copy'
  | 'deprecateDay'
  | 'deprecateKept'
  | 'deprecateReplacement'
  | 'tagsFind'
  | 'tagsOwn'
  | 'tagsCopied'
  | 'checkLooks'
  | 'checkIgnored'
  | 'checkRecipients'
  | 'cleanOriginal'
  | 'cleanPackages'
  | 'cleanLogin'
  | 'cleanReplace'
  | 'username'
  | 'runningHours'
  | 'rebuild'
  | 'terminated'
  | 'instanceQuota'
  | 'stop'
  | 'snapshot'
  | 'snapshotImage'
  | 'snapshotQuota'
  | 'noticesKept'
  | 'noticesOwn'
  | 'auditChain'
  | 'auditProof'
  | 'auditMasked'
  | 'subAccountsOwn'
  | 'subAccountsPolicies'
  | 'subAccountsDisable'
  | 'groupsFill'
  | 'groupsNames'
  | 'groupsKept'

const helpRules: Record<HelpTopic, HelpRule[]> = {
  custom: ['own', 'region', 'quota', 'failed', 'delete'],
  shared: ['own', 'quota', 'chargedYou', 'cancel', 'username'],
  share: ['recipients', 'daily', 'quota', 'charged', 'own', 'region', 'master', 'allOrNone', 'lookUps', 'cancel'],
  import: ['formats', 'resume', 'quota', 'failed'],
  details: ['available', 'own', 'region', 'delete', 'failed'],
  copy: ['region', 'copy', 'available', 'quota'],
  tags: ['tagsFind', 'tagsOwn', 'tagsCopied'],
  deprecate: ['deprecateDay', 'deprecateKept', 'deprecateReplacement'],
  check: ['checkLooks', 'checkIgnored', 'checkRecipients', 'cleanReplace'],
  clean: ['cleanOriginal', 'cleanPackages', 'cleanLogin', 'cleanReplace'],
  account: ['username', 'master', 'quota'],
  'sub-accounts': ['subAccountsOwn', 'subAccountsPolicies', 'subAccountsDisable', 'master'],
  groups: ['groupsFill', 'groupsNames', 'groupsKept', 'recipients', 'allOrNone'],
  instances: ['chargedYou', 'runningHours', 'instanceQuota', 'terminated'],
  create: ['chargedYou', 'runningHours', 'region', 'instanceQuota'],
  snapshots: ['snapshot', 'snapshotImage', 'snapshotQuota'],
  audit: ['auditChain', 'auditProof', 'auditMasked'],
  notices: ['noticesOwn', 'noticesKept', 'cancel'],
  sharing: ['cancel', 'recipients', 'daily', 'quota', 'charged', 'own'],
  instance: ['stop', 'runningHours', 'rebuild', 'terminated'],
}

// Keys have the names printed on keyboards, in every language.
const shortcuts = [
  { keys: ['Ctrl K', '⌘ K'], does: 'search' },
  { keys: ['Shift ?'], does: 'help' },
  { keys: ['Esc'], does: 'close' },
] as const
const usernameShortcuts = [
  { keys: ['Enter', ','], does: 'addUsername' },
  { keys: ['Backspace'], does: 'removeUsername' },
] as const

/** The rules of a topic, and the keyboard shortcuts that work on its page. */
export function HelpText({ topic }: { topic: HelpTopic }) {
  return (
    <>
      <Rules topic={topic} />
      <Shortcuts topic={topic} />
    </>
  )
}

function Rules({ topic }: { topic: HelpTopic }) {
  const t = useTranslations('help')
  const numbers = {
    recipients: recipientsMax,
    daily: dailySharesMax,
    usernames: usernamesMax,
    lookUps: unknownLookupsMax,
    tags: tagsMax,
  }
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold text-ink-muted text-xs">{t('rules')}</h2>
      <ul className="flex flex-col gap-3">
        {helpRules[topic].map((rule) => (
          <li key={rule} className="border-line border-l-2 pl-3">
            {t(`rule.${rule}`, numbers)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Shortcuts({ topic }: { topic: HelpTopic }) {
  const t = useTranslations('help')
  const shown = [...shortcuts, ...(topic === 'share' ? usernameShortcuts : [])]
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold text-ink-muted text-xs">{t('shortcuts')}</h2>
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-2">
        {shown.map(({ keys, does }) => (
          <div key={does} className="contents">
            <dt className="flex flex-wrap gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="rounded-sm border border-line-strong bg-surface-raised px-1.5 font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{t(`does.${does}`)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
