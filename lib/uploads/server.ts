import 'server-only'
import { stat } from 'node:fs/promises'
import { Server } from '@tus/server'
import { isOwnForm } from '@/lib/auth/form'
import type { SessionContext } from '@/lib/context'
import { idempotencyKeyOf } from '@/lib/db/once'
import { env } from '@/lib/env'
import { imageId as imageIdSchema, toRefusal } from '@/lib/fields'
import { findArrival, findUpload } from '@/lib/imports/reads'
import { uploadPatienceMs } from '@/lib/imports/rules'
import { sha256Hex, uploadInput } from '@/lib/imports/schema'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { logFault } from '@/lib/log'
import type { Outcome } from '@/lib/metrics'
import { observe } from '@/lib/observe'
import { identityOfHeaders, refusalHeader, refusePage } from '@/lib/page-identity'
import { paths } from '@/lib/paths'
import { refuseUnpermitted } from '@/lib/permissions'
import { isDiskFull, isReadOnly } from '@/lib/read-only'
import { StoreFull, StoreUnreachable, WrongSize } from '@/lib/stores/errors'
import { discardStaged, stagedFile } from '@/lib/stores/staging'
import { cancelTransfer } from '@/lib/transfers/writes'
import { createUploadLocker, type UploadLocker } from './locker'
import { UploadRefusal, uploadRefusal } from './refusal'
import { type Asking, asking, makeStagedFile, StagingStore } from './staging-store'

// Uploads use tus 1.0.0 (https://tus.io/protocols/resumable-upload). An upload's id is that of its importing image. Every request
// checks access, and reveals nothing about other accounts' uploads.

/** A file's, an image's and a system's name at their maximum length, in base64. */
const metadataMax = 3_072

const operations: Record<string, string> = { POST: 'beginUpload', PATCH: 'sendUpload', DELETE: 'cancelUpload' }

type Answer = { response: Response; code: string | null }

export async function handleUpload(
  request: Request,
  currentContext: () => Promise<SessionContext | null>,
): Promise<Response> {
  const kind = request.method === 'PATCH' ? 'transfer' : request.method === 'HEAD' ? 'read' : 'action'
  const operation = operations[request.method] ?? 'getUpload'
  const answered = await observe({ kind, operation, head: request.headers, endOf }, () =>
    answer(request, currentContext),
  )
  return answered.response
}

function endOf({ response: { status }, code }: Answer): { outcome: Outcome; code: string | null } {
  if (code === 'FAULT') return { outcome: 'fault', code: null }
  return { outcome: status < 400 ? 'ok' : 'refused', code }
}

async function answer(request: Request, currentContext: () => Promise<SessionContext | null>): Promise<Answer> {
  let region = ''
  try {
    const ctx = await currentContext()
    // An upload outlives an update of the console, so the build of its page is not checked.
    const { account } = identityOfHeaders(request.headers)
    const refused = refusePage({ account }, ctx?.viewer ?? null)
    if (refused || !ctx) throw uploadRefusal(refused ?? { code: 'SIGNED_OUT' })
    if (!isOwnForm(request)) throw uploadRefusal({ code: 'NOT_PERMITTED', policy: null, region: null })
    if ((request.method === 'POST' || request.method === 'PATCH') && (await isReadOnly()))
      throw uploadRefusal({ code: 'READ_ONLY' })
    const claimedSha256 = claimOf(request)
    if (request.method === 'POST') return await create(request, { ctx, imageId: null, region, size: 0, claimedSha256 })
    const imageId = new URL(request.url).pathname.slice(`${paths.api.uploads()}/`.length)
    const upload = imageIdSchema.safeParse(imageId).success ? await findUpload(ctx, imageId) : null
    if (!upload) return await afterwards(request, ctx, imageId)
    region = upload.region
    permit(ctx, region)
    return await goOn(request, imageId, { ctx, imageId, ...upload, claimedSha256 })
  } catch (error) {
    const { status_code, body } = answerOf(error, region)
    return await send(new Response(body, { status: status_code }), request)
  }
}

function permit({ viewer }: SessionContext, region: string): void {
  const refusal = refuseUnpermitted(viewer, [{ permission: 'images.change', region }])
  if (refusal) throw uploadRefusal(refusal)
}

/** Creates the image, then the file. Without a file there is no image either. */
async function create(request: Request, about: Asking): Promise<Answer> {
  if ((request.headers.get('upload-metadata')?.length ?? 0) > metadataMax)
    throw uploadRefusal({ code: 'INVALID_INPUT', field: 'fileName', problem: 'too-long' })
  const answer = await asking.run(about, () => tus().handleWeb(request))
  // The request may bring the first bytes. If these are refused, for example because they are too many, the upload is removed.
  if (answer.status >= 400 && about.imageId) {
    await cancelTransfer(about.ctx, { region: about.region, imageId: about.imageId })
    await discardStaged(about.imageId)
  }
  return await send(answer, request)
}

async function beginUpload(request: Request, metadata: Record<string, string | null> = {}): Promise<string> {
  const about = current()
  const size = Number(request.headers.get('upload-length') ?? Number.NaN)
  const parsed = uploadInput.safeParse({ ...metadata, size })
  if (!parsed.success) throw uploadRefusal(toRefusal(parsed.error))
  const { region, name, operatingSystem, fileName } = parsed.data
  Object.assign(about, { region, size })
  permit(about.ctx, region)
  const max = env().ECS_IMAGE_SIZE_MAX
  if (size > max) throw uploadRefusal({ code: 'IMAGE_TOO_LARGE', max })
  const arrival = { fileName, size, patienceMs: uploadPatienceMs }
  const { key } = identityOfHeaders(request.headers)
  const idempotencyKey = key && idempotencyKeyOf(beginUpload.name, about.ctx, key, parsed.data)
  const ctx = idempotencyKey ? { ...about.ctx, idempotencyKey } : about.ctx
  const begun = await beginImport(ctx, { region, name, operatingSystem }, arrival)
  if (!begun.ok) throw uploadRefusal(begun.refusal)
  const { imageId } = begun.value
  // It may have been cancelled or completed since it was begun with the same key.
  if (idempotencyKey && !(await findUpload(ctx, imageId))) throw uploadRefusal({ code: 'IMAGE_NOT_FOUND' })
  try {
    await makeStagedFile(imageId)
  } catch (error) {
    await cancelTransfer(about.ctx, { region, imageId })
    throw error
  }
  about.imageId = imageId
  return imageId
}

async function goOn(request: Request, imageId: string, about: Asking): Promise<Answer> {
  if (request.method === 'DELETE') {
    const cancelled = await cancelTransfer(about.ctx, { region: about.region, imageId })
    if (!cancelled.ok) throw uploadRefusal(cancelled.refusal)
    await discardStaged(imageId)
    return await send(new Response(null, { status: 204 }), request)
  }
  const ofTus = await asking.run(about, () => tus().handleWeb(request))
  // The process that received the last byte may have died before recording it.
  if (request.method === 'HEAD' && ofTus.headers.get('upload-offset') === String(about.size)) {
    await arrive(imageId, about)
  }
  return await send(ofTus, request)
}

async function afterwards(request: Request, ctx: SessionContext, imageId: string): Promise<Answer> {
  const arrived = request.method === 'HEAD' ? await findArrival(ctx, imageId) : null
  if (!arrived) throw uploadRefusal({ code: 'IMAGE_NOT_FOUND' })
  const size = String(arrived.size)
  const headers = { 'Upload-Offset': size, 'Upload-Length': size }
  return await send(new Response(null, { status: 200, headers }), request)
}

/** Records that the file is complete; from now on a job continues. */
async function arrive(imageId: string, { ctx, size, claimedSha256 }: Asking): Promise<void> {
  const there = (await stat(stagedFile(imageId))).size
  if (there !== size) throw new WrongSize(there, size)
  const received = { size, sha256: null, claimedSha256 }
  const ended = await endReceiving({ ...ctx, now: new Date() }, { imageId, holder: null }, received)
  if (!ended.ok) throw uploadRefusal(ended.refusal)
}

function claimOf(request: Request): string | null {
  const claimed = request.headers.get('x-file-sha256')
  if (claimed === null) return null
  const parsed = sha256Hex.safeParse(claimed)
  if (!parsed.success) throw uploadRefusal({ code: 'INVALID_INPUT', field: 'sha256', problem: 'invalid' })
  return parsed.data
}

function current(): Asking {
  const about = asking.getStore()
  if (!about) throw new Error('tus asks outside of a request.')
  return about
}

function answerOf(error: unknown, region: string): { status_code: number; body: string } {
  if (error instanceof UploadRefusal) return error
  if (isDiskFull(error)) return uploadRefusal({ code: 'READ_ONLY' })
  if (error instanceof StoreFull) return uploadRefusal({ code: 'STORE_FULL', region })
  if (error instanceof StoreUnreachable) {
    logFault(error, 'upload')
    return uploadRefusal({ code: 'STORE_UNREACHABLE', region })
  }
  if (isOfProtocol(error)) return error
  return uploadRefusal({ code: 'FAULT', reference: logFault(error, 'upload') })
}

function isOfProtocol(error: unknown): error is { status_code: number; body: string } {
  return typeof error === 'object' && error !== null && 'status_code' in error && 'body' in error
}

async function send(answer: Response, { method }: Request): Promise<Answer> {
  const headers = new Headers(answer.headers)
  headers.set('Tus-Resumable', '1.0.0')
  headers.set('Cache-Control', 'private, no-store')
  // No other site may read a response, so none is listed for it.
  headers.delete('Access-Control-Expose-Headers')
  const body = answer.body && (await answer.text())
  const refusal = body?.startsWith('{') ? JSON.parse(body).refusal : null
  if (refusal) headers.set('Content-Type', 'application/json')
  if (refusal && method === 'HEAD') headers.set(refusalHeader, encodeURIComponent(JSON.stringify(refusal)))
  const response = new Response(method === 'HEAD' ? null : body || null, { status: answer.status, headers })
  return { response, code: refusal?.code ?? null }
}

function makeServer(locker: UploadLocker): Server {
  return new Server({
    path: paths.api.uploads(),
    datastore: new StagingStore(),
    locker,
    relativeLocation: true,
    // The id whose owner was checked. tus itself would take it from the end of the URL, including the query.
    getFileIdFromRequest: () => asking.getStore()?.imageId ?? undefined,
    allowedOrigins: () => false,
    // Received bytes stay, so a holder asked to release its lock does so at once.
    lockDrainTimeout: 1,
    namingFunction: beginUpload,
    onUploadCreate: async (_request, upload) => {
      upload.metadata = {}
      return {}
    },
    onUploadFinish: async (_request, upload) => {
      await arrive(upload.id, current())
      return {}
    },
    onResponseError: (_request, error) => answerOf(error, asking.getStore()?.region ?? ''),
  })
}

// The development server reloads modules after each change; the locks must survive that.
const kept = globalThis as typeof globalThis & { ecsUploads?: Server }

function tus(): Server {
  kept.ecsUploads ??= makeServer(createUploadLocker(env().DATABASE_URL))
  return kept.ecsUploads
}
