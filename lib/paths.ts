import type { Route } from 'next'
import { defaultPageSize } from '@/lib/pages'

type Query = Record<string, string | number | undefined>

// All URLs of the console are made here. The typed router cannot check template strings, hence `as Route`.
function route(path: string, query: Query = {}): Route {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return (text ? `${path}?${text}` : path) as Route
}

type ImageListQuery = {
  q?: string
  state?: string
  os?: string
  tag?: string
  sort?: string
  size?: number
  after?: string
  before?: string
}

type SharingQuery = ImageListQuery & { tab?: string }

type ViewQuery = { kind: 'console' | 'screen'; from?: number | undefined; isTakeOver: boolean }
type NoticeListQuery = { show?: string; after?: string | undefined; before?: string | undefined }
type BillQuery = { month?: string; images?: string; after?: string; before?: string }

type CheckReportQuery = {
  severity?: string | undefined
  rule?: string | undefined
  ignored?: string | undefined
  sort?: string | undefined
  page?: number | undefined
}

type AuditQuery = {
  [name in 'q' | 'account' | 'action' | 'from' | 'until' | 'after' | 'before' | 'verify']?: string | undefined
} & { size?: number }

export const paths = {
  home: () => route('/'),
  signIn: (next?: string, problem?: 'cookie') => route('/sign-in', { next, problem }),
  signOut: (reference?: string) => route('/sign-out', { reference }),
  account: () => route('/account'),
  subAccounts: () => route('/account/sub-accounts'),
  createSubAccount: () => route('/account/sub-accounts/create'),
  subAccount: (accountId: string, part: '' | '#password' | '#access' = '') =>
    route(`/account/sub-accounts/${accountId}${part}`),
  audit: (list: AuditQuery = {}) =>
    route('/account/audit', { ...list, size: list.size === defaultPageSize ? undefined : list.size }),
  groups: () => route('/account/groups'),
  group: (groupId: string, question: '' | '/delete' = '') => route(`/account/groups/${groupId}${question}`),
  notPermitted: (policy: string | null, region: string | null) =>
    route('/not-permitted', { policy: policy ?? undefined, region: region ?? undefined }),
  billing: (bill: BillQuery = {}) =>
    route('/billing', { ...bill, images: bill.images === 'shared' ? 'shared' : undefined }),
  notices: (list: NoticeListQuery = {}) =>
    route('/notices', { ...list, show: list.show === 'all' ? undefined : list.show }),
  webhook: () => route('/notices/webhook'),
  unsubscribe: (token: string, done?: 'yes') => route(`/unsubscribe/${token}`, { done }),
  noticeSettings: () => route('/notices/settings'),
  help: (topic: string) => route(`/help/${topic}`),
  preferences: () => route('/preferences'),
  images: (region: string) => route(`/${region}/images`),
  customImages: (region: string, list: ImageListQuery = {}) =>
    route(`/${region}/images/custom`, { ...defaultless(list) }),
  sharedImages: (region: string, list: ImageListQuery = {}) =>
    route(`/${region}/images/shared`, { ...defaultless(list) }),
  image: (region: string, imageId: string, before?: string) => route(`/${region}/images/${imageId}`, { before }),
  importImage: (region: string, again?: string) => route(`/${region}/images/import`, { again }),
  severalImages: (region: string, what: 'share' | 'delete' | 'empty-bin') => route(`/${region}/images/${what}`),
  shareImage: (region: string, imageId: string, group?: string) =>
    route(`/${region}/images/${imageId}/share`, { group }),
  imageCheck: (region: string, imageId: string, report: CheckReportQuery = {}) =>
    route(`/${region}/images/${imageId}/check`, { ...report, sort: report.sort === 'path' ? 'path' : undefined }),
  cleanImage: (region: string, imageId: string) => route(`/${region}/images/${imageId}/check/clean`),
  editImage: (region: string, imageId: string, what: 'edit' | 'deprecate' | 'tags' = 'edit') =>
    route(`/${region}/images/${imageId}/${what}`),
  imageTask: (region: string, imageId: string, task: string) => route(`/${region}/images/${imageId}/do/${task}`),
  cancelSharing: (region: string, imageId: string, shareId: string) =>
    route(`/${region}/images/${imageId}/share/${shareId}`),
  copyImage: (region: string, imageId: string, to?: string) => route(`/${region}/images/${imageId}/copy`, { to }),
  instances: (region: string, list: ImageListQuery = {}) => route(`/${region}/instances`, { ...defaultless(list) }),
  createInstance: (region: string, image?: string, q?: string) => route(`/${region}/instances/create`, { image, q }),
  instance: (region: string, instanceId: string) => route(`/${region}/instances/${instanceId}`),
  instanceScreen: (region: string, instanceId: string) => route(`/${region}/instances/${instanceId}/screen`),
  instanceConsole: (region: string, instanceId: string) => route(`/${region}/instances/${instanceId}/console`),
  instanceHistory: (region: string, instanceId: string, before?: string) =>
    route(`/${region}/instances/${instanceId}/history`, { before }),
  instanceSnapshots: (region: string, instanceId: string, list: ImageListQuery = {}) =>
    route(`/${region}/instances/${instanceId}/snapshots`, { ...defaultless(list) }),
  instanceTask: (region: string, instanceId: string, task: string) =>
    route(`/${region}/instances/${instanceId}/do/${task}`),
  snapshots: (region: string, list: ImageListQuery = {}) => route(`/${region}/snapshots`, { ...defaultless(list) }),
  snapshotTask: (region: string, snapshotId: string, task: string) =>
    route(`/${region}/snapshots/${snapshotId}/do/${task}`),
  sharing: (region: string, { tab, ...list }: SharingQuery = {}) =>
    route(`/${region}/sharing`, { tab: tab === 'given' ? tab : undefined, ...defaultless(list) }),
  extendSelected: (region: string) => route(`/${region}/sharing/extend`),
  cancelSelected: (region: string) => route(`/${region}/sharing/cancel`),
  api: {
    signIn: () => '/api/sign-in',
    auditExport: (format: string, filters: AuditQuery = {}) => route('/api/audit/export', { format, ...filters }),
    preferences: () => '/api/preferences',
    pageStatus: () => '/api/page-status',
    signedIn: (next: string) => route('/api/sign-in', { next: next === '/' ? undefined : next }),
    signOut: () => '/api/sign-out',
    images: (list: ImageListQuery & { region: string }) => route('/api/images', list),
    image: (region: string, imageId: string, before?: string) => route(`/api/images/${imageId}`, { region, before }),
    imageContent: (region: string, imageId: string) => route(`/api/images/${imageId}/content`, { region }),
    imageCheck: (region: string, imageId: string) => route(`/api/images/${imageId}/check`, { region }),
    checkExport: (region: string, imageId: string, format: string) =>
      route(`/api/images/${imageId}/check/export`, { region, format }),
    imageShares: (region: string, imageId: string) => route(`/api/images/${imageId}/shares`, { region }),
    binInstances: (region: string) => route('/api/images/instances', { region }),
    lastEndedShare: (region: string, imageId: string) => route('/api/ended-shares', { region, imageId }),
    endedShares: (shareIds: string[]) => route('/api/ended-shares', { shareIds: shareIds.join(',') }),
    sharedImages: (list: ImageListQuery & { region: string }) => route('/api/shared-images', list),
    sharing: (list: SharingQuery & { region: string }) => route('/api/sharing', list),
    sharingExport: () => '/api/sharing/export',
    newShares: (region: string) => route('/api/shared-images/new', { region }),
    accounts: (username: string) => route('/api/accounts', { username }),
    billLines: (bill: BillQuery) => route('/api/billing/lines', bill),
    quotas: () => route('/api/quotas'),
    subAccounts: () => route('/api/sub-accounts'),
    notices: (list: NoticeListQuery) => route('/api/notices', list),
    changes: () => '/api/changes',
    unsubscribe: (token: string) => `/api/unsubscribe/${token}`,
    webhook: () => route('/api/notices/webhook'),
    unreadNotices: () => route('/api/notices/unread'),
    regions: () => route('/api/regions'),
    uploads: () => '/api/uploads',
    imports: (imageIds: string[]) => route('/api/imports', { ids: imageIds.join(',') }),
    unfinishedUploads: (region: string) => route('/api/unfinished-uploads', { region }),
    viewTicket: (instanceId: string, { kind, from, isTakeOver }: ViewQuery) =>
      route(`/api/instances/${instanceId}/tickets`, { kind, from, takeOver: isTakeOver ? 'yes' : undefined }),
    consoleLog: (instanceId: string) => `/api/instances/${instanceId}/console-log`,
    machinePicture: (instanceId: string) => `/api/instances/${instanceId}/picture`,
    findSharedImages: (region: string, q: string) => route('/api/shared-images', { region, q }),
    instances: (list: ImageListQuery & { region: string }) => route('/api/instances', list),
    instance: (region: string, instanceId: string) => route(`/api/instances/${instanceId}`, { region }),
    instanceEvents: (region: string, instanceId: string, before?: string) =>
      route(`/api/instances/${instanceId}/events`, { region, before }),
    findInstances: (region: string, q: string) => route('/api/instances', { region, q }),
    snapshots: (list: ImageListQuery & { region: string; instanceId?: string | undefined }) =>
      route('/api/snapshots', list),
    findImages: (region: string, q: string) => route('/api/images', { region, q }),
  },
}

function defaultless({ q, state, os, tag, sort, size, after, before }: ImageListQuery): Query {
  const plainSize = size === defaultPageSize ? undefined : size
  return { q, state, os, tag, sort: sort === '-createdAt' ? undefined : sort, size: plainSize, after, before }
}

/** The page after sign-in: only a page of this console, never another origin or an endpoint. */
export function safeNext(next: string | null | undefined): Route {
  if (!next?.startsWith('/')) return paths.home()
  try {
    const here = 'http://console.invalid'
    const url = new URL(next, here)
    // The router reads an encoded path like the plain one.
    const path = decodeURIComponent(url.pathname)
    const isPage = url.origin === here && !path.startsWith('/api') && path !== '/sign-in' && path !== '/sign-out'
    return isPage && !path.startsWith('//') ? route(`${url.pathname}${url.search}`) : paths.home()
  } catch {
    return paths.home()
  }
}
