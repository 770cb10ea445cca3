export const helpTopics = [
  'custom',
  'shared',
  'share',
  'import',
  'details',
  'copy',
  'account',
  'instances',
  'create',
  'instance',
  'snapshots',
] as const
export type HelpTopic = (typeof helpTopics)[number]

/** What the page of this path is about: its last part says so, and that of an image or an instance is its id. */
export function helpTopicOf(pathname: string): HelpTopic {
  const last = pathname.split('/').at(-1)
  return helpTopics.find((topic) => topic === last) ?? (pathname.includes('/ins-') ? 'instance' : 'details')
}
