/** Everything that is recorded. Past events keep their word, so a word is never renamed. */
export const eventActions = [
  'image.import',
  'image.available',
  'image.fail',
  'image.update',
  'image.delete',
  'image.cancel',
  'image.restore',
  'image.purge',
  'image.copy',
  'image.copied',
  'share.create',
  'share.cancel',
  'account.create',
  'account.disable',
  'account.enable',
  'account.password',
  'session.end',
  'region.create',
  'region.rename',
  'quota.set',
] as const

export type EventAction = (typeof eventActions)[number]
