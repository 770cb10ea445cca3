/** What a page can be read about: one sentence or two each, in the words of the reference page where it has some. */
export type HelpRule =
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
  | 'username'

export const helpTopics = ['custom', 'shared', 'share', 'import', 'details', 'copy', 'account'] as const
export type HelpTopic = (typeof helpTopics)[number]

export const helpRules: Record<HelpTopic, HelpRule[]> = {
  custom: ['own', 'region', 'quota', 'failed', 'delete'],
  shared: ['own', 'quota', 'chargedYou', 'cancel', 'username'],
  share: ['recipients', 'daily', 'quota', 'charged', 'own', 'region', 'master', 'allOrNone', 'lookUps', 'cancel'],
  import: ['formats', 'resume', 'quota', 'failed'],
  details: ['available', 'own', 'region', 'delete', 'failed'],
  copy: ['region', 'copy', 'available', 'quota'],
  account: ['username', 'master', 'quota'],
}

/** What the page of this path is about: its last part says so, and that of an image is its id. */
export function helpTopicOf(pathname: string): HelpTopic {
  const last = pathname.split('/').at(-1)
  return helpTopics.find((topic) => topic === last) ?? 'details'
}
