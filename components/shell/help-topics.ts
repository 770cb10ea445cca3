export const helpTopics = [
  'custom',
  'shared',
  'share',
  'import',
  'details',
  'copy',
  'deprecate',
  'tags',
  'check',
  'clean',
  'account',
  'sub-accounts',
  'groups',
  'instances',
  'create',
  'instance',
  'snapshots',
  'notices',
  'sharing',
  'audit',
] as const
export type HelpTopic = (typeof helpTopics)[number]

/** The help topic of a path: its last segment with a topic. An id has the topic of its kind of page. */
export function helpTopicOf(pathname: string): HelpTopic {
  if (pathname.startsWith('/account/sub-accounts')) return 'sub-accounts'
  const parts = pathname.split('/').map((part) => (part.startsWith('ins-') ? 'instance' : part))
  return parts.reduce<HelpTopic>((found, part) => helpTopics.find((topic) => topic === part) ?? found, 'details')
}
