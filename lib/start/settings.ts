import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { ballastDefault, ballastFile, ballastMin } from '../embedded/ballast'
import { readIfThere, StartError } from '../embedded/data-folder'
import { bytesPattern, parseBytes } from '../format'

export type Settings = {
  isDevelopment: boolean
  dataFolder: string
  host: string
  port: number
  url: string
  /** The URL of an own PostgreSQL; undefined: the embedded one. */
  databaseUrl: string | undefined
  /** The size of the embedded database's ballast; 0 for none. */
  ballastBytes: number
}

/** The settings of `npm start`. Throws a sentence about the first invalid one. */
export function readSettings(isDevelopment: boolean): Settings {
  const { ECS_DATA_DIR, HOST, PORT, DATABASE_URL } = process.env
  const host = HOST || '127.0.0.1'
  const port = Number(PORT || 3000)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartError(`PORT is ${PORT}, which is not a port.`)
  const { ECS_WORKER = 'on', ECS_METRICS_PORT } = process.env
  if (!['on', 'off', ''].includes(ECS_WORKER)) throw new StartError(`ECS_WORKER is ${ECS_WORKER}; it is on or off.`)
  const metrics = Number(ECS_METRICS_PORT || 1)
  if (!Number.isInteger(metrics) || metrics < 1 || metrics > 65_534)
    throw new StartError(`ECS_METRICS_PORT is ${ECS_METRICS_PORT}, which is not a port that has a next one.`)
  const isAnyAddress = host === '0.0.0.0' || host === '::'
  const url = `http://${isAnyAddress ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`
  const dataFolder = path.resolve(ECS_DATA_DIR || '.data')
  const ballastBytes = readBallast(process.env.ECS_BALLAST)
  return { isDevelopment, dataFolder, host, port, url, databaseUrl: DATABASE_URL || undefined, ballastBytes }
}

function readBallast(text: string | undefined): number {
  if (!text) return ballastDefault
  const bytes = bytesPattern.test(text) ? parseBytes(text) : Number.NaN
  if (bytes === 0 || bytes >= ballastMin) return bytes
  throw new StartError(`ECS_BALLAST is ${text}; it is a size of at least 32MiB, or 0.`)
}

export function serverEnvironment(settings: Settings, databaseUrl: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...(settings.databaseUrl ? {} : { ECS_EMBEDDED: '1' }),
    ECS_BALLAST_FILE: judgedBy(settings),
    NODE_ENV: settings.isDevelopment ? 'development' : 'production',
    DATABASE_URL: databaseUrl,
    ECS_DATA_DIR: settings.dataFolder,
    NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET || keptSecret(settings.dataFolder),
    NEXTAUTH_URL: process.env.NEXTAUTH_URL || settings.url,
    ECS_ADDRESS_IS_GUESSED: process.env.NEXTAUTH_URL ? '0' : '1',
    NEXT_TELEMETRY_DISABLED: '1',
  }
}

/** The environment of a separate worker. It signs nobody in, so it needs no secret. */
export function workerEnvironment(settings: Settings, databaseUrl: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    ECS_DATA_DIR: settings.dataFolder,
    ECS_BALLAST_FILE: judgedBy(settings),
  }
}

/** The ballast file, by which all processes detect the read-only mode; empty if there is none. */
function judgedBy({ databaseUrl, ballastBytes, dataFolder }: Settings): string {
  return databaseUrl || ballastBytes === 0 ? '' : ballastFile(dataFolder)
}

// Created once per data folder: a new secret would sign everybody out.
function keptSecret(dataFolder: string): string {
  const file = path.join(dataFolder, 'secret.json')
  const kept = readIfThere(file)
  if (kept !== undefined) return JSON.parse(kept).NEXTAUTH_SECRET
  const secret = randomBytes(32).toString('base64url')
  fs.writeFileSync(`${file}.new`, `${JSON.stringify({ NEXTAUTH_SECRET: secret })}\n`, { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
  return secret
}
