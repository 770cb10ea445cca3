import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** A folder. The default one is created on demand; one configured by an operator must exist. */
export type FolderSettings = { kind: 'folder'; folder: string; isOurs: boolean }

export type S3Settings = {
  kind: 's3'
  bucket: string
  prefix: string
  region: string
  isPathStyle: boolean
  endpoint?: string
  /** Without these the SDK uses its default chain: AWS_ACCESS_KEY_ID, profiles, the machine's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

type Variables = Record<string, string | undefined>

const known = ['endpoint', 'region', 'path-style']
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/i
const prefixPattern = /^[\w!.*'()-]+(\/[\w!.*'()-]+)*\/$/

/** The store settings of a region. Throws an error that names the wrong variable. */
export function storeSettings(
  regionId: string,
  dataFolder: string,
  variables: Variables = process.env,
): FolderSettings | S3Settings {
  const name = `ECS_STORE_${regionId.toUpperCase().replaceAll('-', '_')}`
  const value = variables[name]?.trim()
  if (!value) return { kind: 'folder', folder: path.join(dataFolder, 'stores', regionId), isOurs: true }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase()
  if (scheme === 's3') return s3Settings(name, value, variables)
  if (scheme === 'file') return { kind: 'folder', folder: folderOf(name, value), isOurs: false }
  if (scheme) throw new Error(`${name} begins with ${scheme}:, and a store is a folder, file:/// or s3://.`)
  return { kind: 'folder', folder: path.resolve(value), isOurs: false }
}

function folderOf(name: string, value: string): string {
  try {
    return fileURLToPath(value)
  } catch {
    throw new Error(`${name} is not a folder of this machine; write file:///path/of/the/folder.`)
  }
}

function s3Settings(name: string, value: string, variables: Variables): S3Settings {
  const example = `s3://bucket/prefix?endpoint=https://s3.example&region=us-east-1`
  if (!URL.canParse(value)) throw new Error(`${name} is not a URL such as ${example}.`)
  const url = new URL(value)
  if (url.username || url.password) {
    throw new Error(`${name} holds a user or password. Put them into ${name}_ACCESS_KEY_ID and _SECRET_ACCESS_KEY.`)
  }
  if (!bucketPattern.test(url.host)) throw new Error(`${name} does not name a bucket; write ${example}.`)
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '')
  if (prefix && !prefixPattern.test(`${prefix}/`))
    throw new Error(`${name} has the prefix "${prefix}", which is no path.`)
  const unknown = [...url.searchParams.keys()].find((key) => !known.includes(key))
  if (unknown) throw new Error(`${name} has "${unknown}", and only ${known.join(', ')} mean something here.`)
  const endpoint = endpointOf(name, url.searchParams.get('endpoint'))
  const credentials = credentialsOf(name, variables)
  return {
    kind: 's3',
    bucket: url.host,
    prefix: prefix && `${prefix}/`,
    region: url.searchParams.get('region') ?? variables.AWS_REGION ?? 'us-east-1',
    // Self-hosted servers rarely have a host name for each bucket.
    isPathStyle: isOn(name, url.searchParams.get('path-style'), endpoint !== undefined),
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials } : {}),
  }
}

function endpointOf(name: string, value: string | null): string | undefined {
  if (value === null) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new Error(`${name} has an endpoint that is no http or https address without a user.`)
  }
  return value
}

function isOn(name: string, value: string | null, otherwise: boolean): boolean {
  if (value === null) return otherwise
  if (value !== '0' && value !== '1') throw new Error(`${name} has path-style=${value}; write 0 or 1.`)
  return value === '1'
}

function credentialsOf(name: string, variables: Variables): S3Settings['credentials'] {
  const [accessKeyId, secretAccessKey] = ['_ACCESS_KEY_ID', '_SECRET_ACCESS_KEY'].map((end) => variables[name + end])
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey }
  if (!accessKeyId && !secretAccessKey) return undefined
  const missing = accessKeyId ? '_SECRET_ACCESS_KEY' : '_ACCESS_KEY_ID'
  throw new Error(`${name}${missing} is missing; the access key and its secret are set together.`)
}
