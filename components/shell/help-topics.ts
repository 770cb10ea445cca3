export const helpTopics = [
  'custom',
  'shared',
  'share',
  'import',
  'details',
  'copy',
  'check',
  'clean',
  'account',
  'instances',
  'create',
  'instance',
  'snapshots',
  'notices',
  'sharing',
  'audit',
] as const
export type HelpTopic = (typeof helpTopics)[number]

/** The help topic of a path: its last segment, where ids stand for their kind of page. */
export function helpTopicOf(pathname: string): HelpTopic {
  if (pathname.startsWith('/notices')) return 'notices'
  const last = pathname.split('/').at(-1)
  return helpTopics.find((topic) => topic === last) ?? (pathname.includes('/ins-') ? 'instance' : 'details')
}
