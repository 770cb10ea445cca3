const minute = 60 * 1000
const hour = 60 * minute

/** Four master accounts, then sub-accounts of the first two, then unknown names. */
export const masters = [0, 1, 2, 3]
export const subs = [4, 5]

export type ModelImage = {
  id: string
  owner: number
  region: number
  state: 'importing' | 'available' | 'failed' | 'deleting' | 'deleted'
  shares: Map<number, ModelShare>
}

export type ModelShare = { id: string; isPending: boolean }

export const incomingPolicies = ['ALL', 'ASK', 'NAMED'] as const
export type Incoming = { policy: (typeof incomingPolicies)[number]; allowed: number[]; blocked: number[] }

/** The policies that matter for shares. */
export const modelPolicies = ['Sharing', 'Incoming', 'Administrator'] as const
/** The regions in which a policy applies; null: all. */
type Grants = Map<(typeof modelPolicies)[number], readonly number[] | null>

/** The rules of sharing a second time, as simple as possible and independent of the product's code. */
export class Model {
  images: ModelImage[] = []
  everShared: string[] = []
  readonly disabled = new Set<number>()
  readonly quotas: number[][]
  readonly days = new Map<string, number>()
  readonly unknown: Map<number, number>[] = masters.map(() => new Map())
  readonly tries = new Map<number, number>()

  /** The policy of each master for new shares. */
  readonly incoming = new Map<number, Incoming>()
  /** The policies of each sub-account. */
  readonly grants = new Map<number, Grants>(subs.map((sub) => [sub, new Map([['Administrator', null]])]))

  constructor(
    public now: number,
    quota: number,
  ) {
    this.quotas = masters.map(() => [quota, quota])
  }

  masterOf(who: number): number {
    return who < masters.length ? who : who - masters.length
  }

  isOut(who: number): boolean {
    return this.disabled.has(who) || this.disabled.has(this.masterOf(who))
  }

  today(): string {
    return new Date(this.now + 8 * hour).toISOString().slice(0, 10)
  }

  usedToday(owner: number): number {
    return this.days.get(`${owner} ${this.today()}`) ?? 0
  }

  places(master: number, region: number): number {
    const here = this.images.filter((image) => image.region === region)
    const own = here.filter((image) => image.owner === master && image.state !== 'failed')
    return own.length + here.filter((image) => image.shares.get(master)?.isPending === false).length
  }

  liveShares(): (ModelShare & { image: ModelImage; owner: number; to: number })[] {
    return this.images.flatMap((image) =>
      [...image.shares].map(([to, share]) => ({ ...share, image, owner: image.owner, to })),
    )
  }

  /** Whether an account has a policy in a region; null: in all of them. */
  private may(who: number, policy: 'Sharing' | 'Incoming', region: number | null): boolean {
    const grants = this.grants.get(who)
    if (!grants) return true
    return [policy, 'Administrator' as const].some((one) => {
      const where = grants.get(one)
      return where === null || (region !== null && where?.includes(region))
    })
  }

  permit(sub: number, grants: Grants): string {
    if (this.isOut(this.masterOf(sub))) return 'SIGNED_OUT'
    this.grants.set(sub, grants)
    return 'ok'
  }

  choose(who: number, incoming: Incoming): string {
    if (!this.may(who, 'Incoming', null)) return 'NOT_PERMITTED Incoming'
    if (this.isOut(who)) return 'SIGNED_OUT'
    this.incoming.set(this.masterOf(who), incoming)
    return 'ok'
  }

  private answers(to: number, owner: number): 'accept' | 'ask' | 'refuse' {
    const { policy, allowed, blocked } = this.incoming.get(to) ?? { policy: 'ALL', allowed: [], blocked: [] }
    if (blocked.includes(owner)) return 'refuse'
    if (policy === 'NAMED') return allowed.includes(owner) ? 'accept' : 'refuse'
    return policy === 'ASK' ? 'ask' : 'accept'
  }

  asked(master: number): number {
    return this.recent(master).length
  }

  private recent(master: number): (readonly [name: number, at: number])[] {
    return [...this.unknownOf(master)].filter(([, at]) => at > this.now - hour)
  }

  unknownOf(master: number): Map<number, number> {
    return this.unknown[master] ?? new Map()
  }

  /** Counts new unknown names of the hour up to the limit, and returns how many fit. */
  private count(master: number, names: number[]): number {
    // A sub-account's login name is no possible username, so it is never looked up.
    const recent = this.recent(master).map(([name]) => name)
    const fresh = names.filter((name) => !subs.includes(name) && !recent.includes(name))
    for (const name of fresh.slice(0, Math.max(0, 60 - recent.length))) this.unknownOf(master).set(name, this.now)
    return fresh.length
  }

  private mustWait(master: number): boolean {
    const tried = this.tries.get(master)
    return this.asked(master) >= 60 && tried !== undefined && this.now < tried + minute
  }

  quotaOf(master: number, region: number): number {
    return this.quotas[master]?.[region] ?? 0
  }

  share(who: number, image: ModelImage | undefined, region: number, to: number[]): string {
    const owner = this.masterOf(who)
    if (!this.may(who, 'Sharing', region)) return 'NOT_PERMITTED Sharing'
    if (image?.owner !== owner) {
      return image?.shares.get(owner)?.isPending === false && image.region === region
        ? 'RESHARE_FORBIDDEN'
        : 'IMAGE_NOT_FOUND'
    }
    if (this.isOut(who)) return 'SIGNED_OUT'
    if (image.region !== region) return 'REGION_MISMATCH'
    if (image.state !== 'available') return `IMAGE_NOT_AVAILABLE ${image.state}`
    const free = 20 - image.shares.size
    if (to.length > free) return `IMAGE_RECIPIENTS_FULL ${free} for ${to.length}`
    const left = 200 - this.usedToday(owner)
    if (to.length > left) return `DAILY_SHARES_USED_UP ${left} for ${to.length}`
    if (this.mustWait(owner)) return 'LOOKUPS_USED_UP'
    const isLimited = this.asked(owner) >= 60
    if (isLimited) this.tries.set(owner, this.now)
    const refused = to.map((one) => [one, this.refusesRecipient(owner, image, one)] as const).filter(([, code]) => code)
    if (refused.length > 0) return isLimited ? 'LOOKUPS_USED_UP' : this.refuseRecipients(owner, refused)
    this.days.set(`${owner} ${this.today()}`, this.usedToday(owner) + to.length)
    return 'ok'
  }

  private refusesRecipient(owner: number, image: ModelImage, to: number): string {
    if (to === owner) return 'RECIPIENT_IS_YOU'
    if (to >= masters.length || this.disabled.has(to)) return 'RECIPIENT_NOT_FOUND'
    const answer = this.answers(to, owner)
    if (answer === 'refuse') return 'RECIPIENT_NOT_FOUND'
    if (image.shares.has(to)) return 'ALREADY_SHARED'
    if (answer === 'ask') return ''
    return this.places(to, image.region) >= this.quotaOf(to, image.region) ? 'RECIPIENT_QUOTA_FULL' : ''
  }

  private refuseRecipients(owner: number, refused: (readonly [number, string])[]): string {
    const before = this.asked(owner)
    const unknown = refused.filter(([, code]) => code === 'RECIPIENT_NOT_FOUND').map(([to]) => to)
    if (before + this.count(owner, unknown) > 60) {
      this.tries.set(owner, this.now)
      return 'LOOKUPS_USED_UP'
    }
    return refused.map(([to, code]) => `${to} ${code}`).join()
  }

  lookUp(who: number, to: number): string {
    const owner = this.masterOf(who)
    if (to === owner) return 'you'
    if (this.asked(owner) >= 60) return 'limited'
    if (to < masters.length && !this.disabled.has(to) && this.answers(to, owner) !== 'refuse') return 'found'
    this.count(owner, [to])
    return 'unknown'
  }

  /** A live share for an account on these sides, or why it cannot be changed. `missing`: the refusal if there is none. */
  private own(who: number, shareId: string, sides: 'both' | 'sharer' | 'recipient', missing = 'SHARE_NOT_FOUND') {
    const side = this.masterOf(who)
    const share = this.liveShares().find(({ id }) => id === shareId)
    const isSharer = share?.owner === side && sides !== 'recipient'
    const isRecipient = share?.to === side && sides !== 'sharer'
    if (!share || !(isSharer || isRecipient)) return missing
    const policy = isSharer ? 'Sharing' : 'Incoming'
    if (!this.may(who, policy, share.image.region)) return `NOT_PERMITTED ${policy}`
    return this.isOut(who) ? 'SIGNED_OUT' : share
  }

  end(shareId: string): void {
    for (const { id, image, to } of this.liveShares()) if (id === shareId) image.shares.delete(to)
  }

  cancel(who: number, shareId: string): string {
    const share = this.own(who, shareId, 'both')
    if (typeof share === 'string') return share
    this.end(shareId)
    return 'ok'
  }

  accept(who: number, shareId: string): string {
    const share = this.own(who, shareId, 'recipient')
    if (typeof share === 'string') return share
    const { image, to, isPending } = share
    if (isPending && this.places(to, image.region) >= this.quotaOf(to, image.region)) return 'IMAGE_QUOTA_FULL'
    image.shares.set(to, { id: shareId, isPending: false })
    return 'ok'
  }

  decline(who: number, shareId: string): string {
    const share = this.own(who, shareId, 'recipient')
    if (typeof share === 'string') return share
    if (!share.isPending) return 'SHARE_NOT_PENDING'
    this.end(shareId)
    return 'ok'
  }

  extend(who: number, shareId: string): string {
    const share = this.own(who, shareId, 'sharer', 'SHARES_ENDED')
    return typeof share === 'string' ? share : 'ok'
  }

  beginImport(who: number, region: number): string {
    const owner = this.masterOf(who)
    if (this.isOut(who)) return 'SIGNED_OUT'
    return this.places(owner, region) >= this.quotaOf(owner, region) ? 'IMAGE_QUOTA_FULL' : 'ok'
  }

  delete(who: number, image: ModelImage | undefined, cancelShares: boolean, isNamed: boolean): string {
    if (image?.owner !== this.masterOf(who)) return 'IMAGE_NOT_FOUND'
    if (this.isOut(who)) return 'SIGNED_OUT'
    if (image.state !== 'available' && image.state !== 'failed') return 'IMAGE_BUSY'
    if (image.shares.size > 0 && !cancelShares) return `IMAGE_IS_SHARED ${image.shares.size}`
    if (image.shares.size > 0 && !isNamed) return 'IMAGE_NAME_MISMATCH'
    image.shares.clear()
    if (image.state === 'failed') this.forget(image)
    else image.state = 'deleted'
    return 'ok'
  }

  unbin(who: number, image: ModelImage | undefined): string {
    if (image?.owner !== this.masterOf(who)) return 'IMAGE_NOT_FOUND'
    if (this.isOut(who)) return 'SIGNED_OUT'
    return image.state === 'deleted' ? 'ok' : 'IMAGE_BUSY'
  }

  forget(image: ModelImage): void {
    this.images = this.images.filter((one) => one !== image)
  }

  setQuota(master: number, region: number, images: number, isForced: boolean): string {
    const used = this.places(master, region)
    if (images < used && !isForced) return `QUOTA_BELOW_USE ${used}`
    const own = this.quotas[master]
    if (own) own[region] = images
    return 'ok'
  }
}
