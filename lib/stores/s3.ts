import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { HeadObjectCommandOutput, ListMultipartUploadsCommandOutput, S3Client } from '@aws-sdk/client-s3'
import { checkByWriting } from './check'
import type { PutOptions, Store, StoredObject, StoredState } from './contract'
import { NotStored, StoreUnreachable, WrongSize } from './errors'
import { bare, etagOfWhole, type Sent } from './etag'
import { isKey, requireKey } from './key'
import { type ObjectPlace, partBytes, sendInParts } from './multipart'
import { isFinal, isMissing, isNotOffered, s3Error } from './s3-error'
import { type Answered, readAtOnce, readOn } from './s3-read'
import type { S3Settings } from './settings'
import { readSource, type Source } from './source'

type Sdk = typeof import('@aws-sdk/client-s3')

/** Long enough for a server that assembles thousands of parts before it responds. */
const silenceMaxMs = 120_000
const connectMaxMs = 5_000
const tries = 4

/** A store in a bucket of S3 or of a compatible server. */
export class S3Store implements Store {
  readonly local = null
  private connection: Promise<{ client: S3Client; sdk: Sdk }> | undefined

  constructor(private readonly settings: S3Settings) {}

  async put(key: string, bytes: Readable, options: PutOptions): Promise<void> {
    const place = this.place(key)
    const source = readSource(bytes, { size: { exactly: options.size }, signal: options.signal })
    try {
      const sent =
        options.size > partBytes(options.size)
          ? await sendInParts({ ...(await this.connect()), place }, source, options)
          : await this.putWhole(place, source, options)
      await this.requireSize(place, options.size, sent)
    } catch (error) {
      throw source.failure() ?? this.meaning(error)
    } finally {
      source.end()
    }
  }

  async take(key: string, file: string, options: PutOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const { size } = await stat(file)
    if (size !== options.size) throw new WrongSize(size, options.size)
    await this.put(key, createReadStream(file, { highWaterMark: readAtOnce }), options)
    await rm(file)
  }

  async read(key: string, range?: { start: number; end: number }): Promise<Readable> {
    const place = this.place(key)
    const start = range?.start ?? 0
    const bytesFrom = (done: number) =>
      range ? `bytes=${start + done}-${range.end - 1}` : done > 0 ? `bytes=${done}-` : undefined
    try {
      if (range && range.start >= range.end) {
        if ((await this.head(place)) === null) throw new NotStored(key)
        return Readable.from([])
      }
      const first = await this.get({ ...place, Range: bytesFrom(0) }, start)
      return readOn(first, {
        rest: (done, IfMatch, signal) => this.get({ ...place, Range: bytesFrom(done), IfMatch }, start + done, signal),
        meaning: (error) => this.meaning(error),
      })
    } catch (error) {
      if (error instanceof Error && error.name === 'InvalidRange') return Readable.from([])
      throw this.meaning(error)
    }
  }

  async stat(key: string): Promise<StoredState | null> {
    const place = this.place(key)
    try {
      const head = await this.head(place)
      if (!head) return null
      const { ContentLength = 0, LastModified = new Date(0), ETag } = head
      const version = `${bare(ETag)} ${LastModified.getTime()} ${ContentLength}`
      return { size: ContentLength, modifiedAt: LastModified, version }
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async deleteUnfinished(key: string, part?: string): Promise<void> {
    const place = this.place(key)
    try {
      const { client, sdk } = await this.connect()
      for await (const upload of this.uploads(place.Key)) {
        if (upload.Key !== place.Key || (part !== undefined && upload.UploadId !== part)) continue
        await client.send(new sdk.AbortMultipartUploadCommand({ ...place, UploadId: upload.UploadId }))
      }
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async delete(key: string): Promise<void> {
    const place = this.place(key)
    await this.deleteUnfinished(key)
    try {
      const { client, sdk } = await this.connect()
      await client.send(new sdk.DeleteObjectCommand(place))
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async *list(): AsyncGenerator<StoredObject> {
    const { prefix } = this.settings
    try {
      const { client, sdk } = await this.connect()
      for await (const page of sdk.paginateListObjectsV2({ client }, this.area())) {
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
          const key = Key.slice(prefix.length)
          if (isKey(key)) yield { key, size: Size, modifiedAt: LastModified, isPartial: false }
        }
      }
      for await (const { Key = '', UploadId = '', Initiated = new Date(0) } of this.uploads(prefix)) {
        const key = Key.slice(prefix.length)
        // The size of an unfinished upload would need another request; it has one only when complete.
        if (isKey(key)) yield { key, size: 0, modifiedAt: Initiated, isPartial: true, part: UploadId }
      }
    } catch (error) {
      throw this.meaning(error)
    }
  }

  async requireRoom(): Promise<void> {}

  async check(): Promise<void> {
    await checkByWriting(this)
  }

  private place(key: string): ObjectPlace {
    return { Bucket: this.settings.bucket, Key: this.settings.prefix + requireKey(key) }
  }

  private meaning(error: unknown): unknown {
    return s3Error(error, this.where())
  }

  private where(): string {
    const { bucket, endpoint, region } = this.settings
    return `${bucket} at ${endpoint ?? `AWS, ${region}`}`
  }

  private area(): { Bucket: string; Prefix: string } {
    return { Bucket: this.settings.bucket, Prefix: this.settings.prefix }
  }

  /** The SDK is loaded with the first region whose store is a bucket. */
  private connect(): Promise<{ client: S3Client; sdk: Sdk }> {
    this.connection ??= import('@aws-sdk/client-s3').then((sdk) => {
      const { region, endpoint, credentials, isPathStyle } = this.settings
      const client = new sdk.S3Client({
        region,
        forcePathStyle: isPathStyle,
        ...(endpoint ? { endpoint } : {}),
        ...(credentials ? { credentials } : {}),
        // With the SDK's newer defaults, a server that does not know them stores the checksum trailer as part of the bytes.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        maxAttempts: tries,
        requestHandler: { connectionTimeout: connectMaxMs, socketTimeout: silenceMaxMs },
      })
      return { client, sdk }
    })
    return this.connection
  }

  private async putWhole(place: ObjectPlace, source: Source, options: PutOptions): Promise<Sent> {
    const { client, sdk } = await this.connect()
    const Body = await buffer(source.chunks)
    const { signal } = options
    const { ETag } = await client.send(
      new sdk.PutObjectCommand({ ...place, Body }),
      signal ? { abortSignal: signal } : {},
    )
    options.onProgress?.(options.size)
    return { answered: bare(ETag), own: () => etagOfWhole(Body) }
  }

  /** Checks the size on the server. If the ETag shows a later put, the size is not checked. */
  private async requireSize(place: ObjectPlace, size: number, sent: Sent): Promise<void> {
    const { client, sdk } = await this.connect()
    const head = await this.head(place)
    if (!head) throw new StoreUnreachable(`The bucket ${this.where()} does not have what was just put into it.`)
    if (head.ContentLength === size) return
    const etag = bare(head.ETag)
    const isOurs = etag !== '' && (etag === sent.answered || etag === sent.own())
    if (!isOurs && etag !== '' && sent.answered !== '') return
    if (isOurs) await client.send(new sdk.DeleteObjectCommand(place))
    throw new WrongSize(head.ContentLength ?? 0, size)
  }

  /** The server's state of a key; null if it is missing. Errors of HEAD have no body, so a listing gives the reason. */
  private async head(place: ObjectPlace): Promise<HeadObjectCommandOutput | null> {
    const { client, sdk } = await this.connect()
    try {
      return await client.send(new sdk.HeadObjectCommand(place))
    } catch (error) {
      if (!isFinal(error)) throw error
      await this.requireBucket(place)
      if (isMissing(error)) return null
      throw error
    }
  }

  private async requireBucket({ Bucket, Key }: ObjectPlace): Promise<void> {
    const { client, sdk } = await this.connect()
    await client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: Key }))
  }

  private async get(
    asked: ObjectPlace & { Range: string | undefined; IfMatch?: string },
    start: number,
    signal?: AbortSignal,
  ): Promise<Answered> {
    const { client, sdk } = await this.connect()
    try {
      const command = new sdk.GetObjectCommand(asked)
      const answer = await client.send(command, signal ? { abortSignal: signal } : {})
      const { Body, ContentLength, ContentRange, ETag } = answer
      if (!(Body instanceof Readable)) throw new Error('The SDK gave a body that is no stream of Node.')
      const from = asked.Range ? /^bytes (\d+)-/.exec(ContentRange ?? '')?.[1] : '0'
      const isOther = asked.IfMatch !== undefined && bare(ETag) !== bare(asked.IfMatch)
      if (from === String(start) && !isOther) return { body: Body, size: ContentLength, etag: ETag }
      Body.on('error', () => {}).destroy()
      const other = isOther ? 'other bytes' : `those from ${from ?? 0}`
      throw new StoreUnreachable(`Bytes from ${start} on were asked of the bucket ${this.where()}, and ${other} came.`)
    } catch (error) {
      if (!isMissing(error)) throw error
      await this.requireBucket(asked)
      throw new NotStored(asked.Key, { cause: error })
    }
  }

  private async *uploads(Prefix: string) {
    const { client, sdk } = await this.connect()
    const asked = { Bucket: this.settings.bucket, Prefix }
    try {
      let page: ListMultipartUploadsCommandOutput | undefined
      do {
        const next = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker }
        page = await client.send(new sdk.ListMultipartUploadsCommand({ ...asked, ...next }))
        yield* page.Uploads ?? []
      } while (page.IsTruncated)
    } catch (error) {
      if (!isNotOffered(error)) throw error
    }
  }
}
