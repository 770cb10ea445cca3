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
  shares: Map<number, string>
}

/** The rules of sharing once more, as simply as possible and independent of the product's code. */
export class Model {
  images: ModelImage[] = []
  everShared: string[] = []
  readonly disabled = new Set<number>()
  readonly quotas: number[][]
  readonly days = new Map<string, number>()
  readonly unknown: Map<number, number>[] = masters.map(() => new Map())
  readonly tries = new Map<number, number>()

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
    return own.length + here.filter((image) => image.shares.has(master)).length
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

  /** Counts new unknown names of the hour up to the limit, and returns how many. */
  private count(master: number, names: number[]): number {
    // A sub-account's login name cannot be a username, so it is never looked up.
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
    if (image?.owner !== owner) {
      return image?.shares.has(owner) && image.region === region ? 'RESHARE_FORBIDDEN' : 'IMAGE_NOT_FOUND'
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
    if (image.shares.has(to)) return 'ALREADY_SHARED'
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
    if (to < masters.length && !this.disabled.has(to)) return 'found'
    this.count(owner, [to])
    return 'unknown'
  }

  cancel(who: number, shareId: string): string {
    const side = this.masterOf(who)
    for (const image of this.images) {
      for (const [recipient, id] of image.shares) {
        if (id !== shareId || (side !== image.owner && side !== recipient)) continue
        if (this.isOut(who)) return 'SIGNED_OUT'
        image.shares.delete(recipient)
        return 'ok'
      }
    }
    return 'SHARE_NOT_FOUND'
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
