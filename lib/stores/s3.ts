import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { GetObjectCommandOutput, ListMultipartUploadsCommandOutput, S3Client } from '@aws-sdk/client-s3'
import { checkByWriting } from './check'
import { NotStored, StoreUnreachable, WrongSize } from './errors'
import { isKey, requireKey } from './key'
import { type ObjectPlace, partBytes, sendInParts } from './multipart'
import { isMissing, isNotOffered, s3Error } from './s3-error'
import type { S3Settings } from './settings'
import { readSource, type Source } from './source'
import type { PutOptions, Store, StoredObject } from './store'

type Sdk = typeof import('@aws-sdk/client-s3')

const readAtOnce = 2 ** 20
/** Long enough for a server that puts thousands of parts together before it answers. */
const silenceMaxMs = 120_000
const connectMaxMs = 5_000
const tries = 4

/** A store in a bucket of S3 or of a server that speaks like it. */
export class S3Store implements Store {
  private connection: Promise<{ client: S3Client; sdk: Sdk }> | undefined

  constructor(private readonly settings: S3Settings) {}

  async put(key: string, bytes: Readable, options: PutOptions): Promise<void> {
    const place = this.place(key)
    const source = readSource(bytes, { size: { exactly: options.size }, signal: options.signal })
    try {
      const etag =
        options.size > partBytes(options.size)
          ? await this.putInParts(place, source, options)
          : await this.putWhole(place, source, options)
      await this.requireSize(place, options.size, etag)
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
    try {
      const { client, sdk } = await this.connect()
      if (range && range.start >= range.end) {
        await client.send(new sdk.HeadObjectCommand(place))
        return Readable.from([])
      }
      const Range = range ? `bytes=${range.start}-${range.end - 1}` : undefined
      return this.body(await client.send(new sdk.GetObjectCommand({ ...place, Range })), range?.start)
    } catch (error) {
      if (error instanceof Error && error.name === 'InvalidRange') return Readable.from([])
      if (await this.isThereWithout(error)) throw new NotStored(key, { cause: error })
      throw this.meaning(error)
    }
  }

  async stat(key: string): Promise<{ size: number; modifiedAt: Date } | null> {
    const place = this.place(key)
    try {
      const { client, sdk } = await this.connect()
      const { ContentLength = 0, LastModified } = await client.send(new sdk.HeadObjectCommand(place))
      return { size: ContentLength, modifiedAt: LastModified ?? new Date(0) }
    } catch (error) {
      if (await this.isThereWithout(error)) return null
      throw this.meaning(error)
    }
  }

  async deleteUnfinished(key: string): Promise<void> {
    const place = this.place(key)
    try {
      const { client, sdk } = await this.connect()
      for await (const upload of this.uploads(place.Key)) {
        if (upload.Key !== place.Key) continue
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
    const { bucket, prefix } = this.settings
    try {
      const { client, sdk } = await this.connect()
      for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
          const key = Key.slice(prefix.length)
          if (isKey(key)) yield { key, size: Size, modifiedAt: LastModified, isPartial: false }
        }
      }
      for await (const { Key = '', Initiated = new Date(0) } of this.uploads(prefix)) {
        const key = Key.slice(prefix.length)
        // How much has arrived is not worth a question for each: nothing counts until all has.
        if (isKey(key)) yield { key, size: 0, modifiedAt: Initiated, isPartial: true }
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
    return s3Error(error, `${this.settings.bucket}${this.settings.endpoint ? ` at ${this.settings.endpoint}` : ''}`)
  }

  /** The SDK is loaded by the first region that keeps its bytes in a bucket. */
  private connect(): Promise<{ client: S3Client; sdk: Sdk }> {
    this.connection ??= import('@aws-sdk/client-s3').then((sdk) => {
      const { region, endpoint, credentials, isPathStyle } = this.settings
      const client = new sdk.S3Client({
        region,
        forcePathStyle: isPathStyle,
        ...(endpoint ? { endpoint } : {}),
        ...(credentials ? { credentials } : {}),
        // With the SDK's newer defaults a server that does not know them keeps the checksum's trailer as part of the bytes.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        maxAttempts: tries,
        requestHandler: { connectionTimeout: connectMaxMs, socketTimeout: silenceMaxMs },
      })
      return { client, sdk }
    })
    return this.connection
  }

  private async putInParts(place: ObjectPlace, source: Source, options: PutOptions): Promise<string | undefined> {
    return await sendInParts({ ...(await this.connect()), place }, source, options)
  }

  private async putWhole(place: ObjectPlace, source: Source, options: PutOptions): Promise<string | undefined> {
    const { client, sdk } = await this.connect()
    const Body = await buffer(source.chunks)
    const { signal } = options
    const { ETag } = await client.send(
      new sdk.PutObjectCommand({ ...place, Body }),
      signal ? { abortSignal: signal } : {},
    )
    options.onProgress?.(options.size)
    return ETag
  }

  /** Asks the server what it has. Bytes that another put has replaced meanwhile are not ours to judge. */
  private async requireSize(place: ObjectPlace, size: number, etag: string | undefined): Promise<void> {
    const { client, sdk } = await this.connect()
    const { ContentLength, ETag } = await client.send(new sdk.HeadObjectCommand(place))
    if (ETag !== etag || ContentLength === size) return
    await client.send(new sdk.DeleteObjectCommand(place))
    throw new WrongSize(ContentLength ?? 0, size)
  }

  private body({ Body, ContentRange }: GetObjectCommandOutput, start?: number): Readable {
    if (!(Body instanceof Readable)) throw new Error('The SDK gave a body that is no stream of Node.')
    const answered = /^bytes (\d+)-/.exec(ContentRange ?? '')?.[1]
    if (start !== undefined && answered !== String(start)) {
      Body.destroy()
      throw new StoreUnreachable(`Bytes from ${start} were asked for, and those from ${answered ?? 0} came.`)
    }
    return this.withErrors(Body)
  }

  /** A connection may break at any time; whoever reads is told in our words. */
  private withErrors(body: Readable): Readable {
    const meaning = (error: unknown) => this.meaning(error)
    async function* chunks() {
      try {
        yield* body
      } catch (error) {
        throw meaning(error)
      }
    }
    body.on('error', () => {})
    const stream = Readable.from(chunks(), { objectMode: false, highWaterMark: readAtOnce })
    return stream.on('close', () => body.destroy())
  }

  /** Unfinished uploads. Servers that cannot tell have none to tell of. */
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

  /** Whether the key is missing from a bucket that is there: a HEAD has no words to tell these apart. */
  private async isThereWithout(error: unknown): Promise<boolean> {
    if (!isMissing(error)) return false
    const { client, sdk } = await this.connect()
    return await client.send(new sdk.HeadBucketCommand({ Bucket: this.settings.bucket })).then(
      () => true,
      () => false,
    )
  }
}
