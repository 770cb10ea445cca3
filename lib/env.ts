import 'server-only'
import path from 'node:path'
import { z } from 'zod'
import { bytesPattern, durationPattern, parseBytes, parseDuration } from './format'

const bytes = z.string().regex(bytesPattern, 'a size such as 64GiB').transform(parseBytes)

const duration = z.string().regex(durationPattern, 'a time such as 90s, 30m, 12h or 7d').transform(parseDuration)

/** What a process of the console reads from its environment; lib/documents/settings.ts describes each for operators. */
export const environment = z.object({
  DATABASE_URL: z.string().min(1),
  /** The ballast file of the embedded database, set by the supervisor; empty if there is none. */
  ECS_BALLAST_FILE: z.string().default(''),
  /** Read by lib/patience.ts, which runs where the rest is not set yet; checked here. */
  ECS_DATABASE_WAIT: duration.default(4_000),
  ECS_LOCK_WAIT: duration.default(10_000),
  ECS_DATA_DIR: z
    .string()
    .default('.data')
    .transform((folder) => path.resolve(folder)),
  /** Where imports arrive before they are looked at; by default a folder of the data folder. */
  ECS_STAGING_DIR: z
    .string()
    .min(1)
    .transform((folder) => path.resolve(folder))
    .optional(),
  NEXTAUTH_SECRET: z.string().min(1).optional(),
  NEXTAUTH_URL: z.url().optional(),
  /** A session in use is renewed, and ends this long after its sign-in at the latest. */
  ECS_SESSION_MAX: duration.default(7 * 24 * 60 * 60 * 1000),
  /** How many proxies in front of the console append to X-Forwarded-For; 0 means that no such header is believed. */
  ECS_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  /** The day of the daily share limit, and of the bill, is a calendar day in this zone. */
  ECS_TIME_ZONE: z.string().default('Asia/Shanghai').refine(isTimeZone, 'an IANA time zone such as Asia/Shanghai'),
  /** What instances are charged in (ISO 4217). The first line of the ledger fixes it. */
  ECS_CURRENCY: z.string().default('CNY').refine(isCurrency, 'a currency of ISO 4217 such as CNY'),
  /** How long a deleted image can be restored; 0 keeps no recycle bin. */
  ECS_RECYCLE_DAYS: z.coerce.number().int().min(0).max(3650).default(7),
  /** Whether disks are checked for secrets by themselves, when somebody asks, or never. */
  ECS_DISK_CHECK: z.enum(['auto', 'on-demand', 'off']).default('auto'),
  /** Whether an image with findings or without a verdict can be shared: always, with a reason, or not at all. */
  ECS_SHARE_CHECK: z.enum(['off', 'warn', 'block']).default('warn'),
  /** After how many days a share ends unless its sharer says otherwise; 0: it has no end. */
  ECS_SHARE_DEFAULT_DAYS: z.coerce.number().int().min(0).max(3650).default(0),
  /** For how many days a share may be given or extended at most; 0: for ever. */
  ECS_SHARE_MAX_DAYS: z.coerce.number().int().min(0).max(3650).default(0),
  /** Where e-mail is handed over; without it there is none. */
  ECS_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** The sender of e-mail. */
  ECS_MAIL_FROM: z.string().min(3).optional(),
  /** Whether webhooks of tenants may be in private networks, and without TLS. */
  ECS_WEBHOOK_PRIVATE: z.enum(['refuse', 'allow']).default('refuse'),
  /** The private key (PEM, Ed25519) that signs checkpoints of the audit trail; by default one that is made in the data folder. */
  ECS_AUDIT_KEY_FILE: z
    .string()
    .min(1)
    .transform((file) => path.resolve(file))
    .optional(),
  ECS_IMAGE_SIZE_MAX: bytes.default(64 * 2 ** 30),
  /** The browser sends a file in parts of this size; a broken connection loses one part at most. */
  ECS_UPLOAD_CHUNK: bytes.default(32 * 2 ** 20),
  /** Kept free in every store: the larger of 5 % and this many bytes. */
  ECS_STORE_RESERVE: bytes.default(2 * 2 ** 30),
  /**
   * 1: refuse imports if no sandbox can be created for the tools that read uploaded disks; otherwise resource limits
   * have to suffice.
   */
  ECS_REQUIRE_SANDBOX: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
  /** Where machines of this host keep their disks; by default a folder of the data folder. */
  ECS_MACHINE_DIR: z
    .string()
    .min(1)
    .transform((folder) => path.resolve(folder))
    .optional(),
  /** auto: KVM if it can run a test guest, else emulation. */
  ECS_MACHINE_ACCELERATOR: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
  /** How many vCPUs of instances share one CPU of the host. */
  ECS_MACHINE_CPU_RATIO: z.coerce.number().min(0.1).max(64).default(4),
  /** Memory of the host that no instance gets. */
  ECS_MACHINE_MEMORY_RESERVE: bytes.default(2 ** 30),
  /** How long a guest has to care for the power button, before it is cut off. */
  ECS_MACHINE_STOP_PATIENCE: duration.default(60_000),
  /** Emulation does not isolate tenants, so a host without KVM needs permission; the embedded demo gives it. */
  ECS_MACHINE_EMULATION: z.enum(['allow', 'refuse']).default(process.env.ECS_EMBEDDED ? 'allow' : 'refuse'),
  /** Where the worker runs as root, the user ids of machines begin here. */
  ECS_MACHINE_UID: z.coerce.number().int().min(1000).max(2_000_000_000).default(610_000),
})

const consistent = environment
  .refine((set) => set.ECS_SMTP_URL === undefined || set.ECS_MAIL_FROM !== undefined, {
    path: ['ECS_MAIL_FROM'],
    message: 'the sender of e-mail is needed with ECS_SMTP_URL',
  })
  .refine((set) => set.ECS_DISK_CHECK !== 'off' || set.ECS_SHARE_CHECK !== 'block', {
    path: ['ECS_SHARE_CHECK'],
    message: 'block needs disks to be checked: set ECS_DISK_CHECK to auto or on-demand',
  })
  .refine((set) => set.ECS_SHARE_MAX_DAYS === 0 || set.ECS_SHARE_DEFAULT_DAYS <= set.ECS_SHARE_MAX_DAYS, {
    path: ['ECS_SHARE_DEFAULT_DAYS'],
    message: 'not more than ECS_SHARE_MAX_DAYS',
  })

export type Environment = z.infer<typeof environment>

let parsed: Environment | undefined

/** The settings of this process, read once. Throws an error that names every setting that is missing or wrong. */
export function env(): Environment {
  if (parsed) return parsed
  const result = consistent.safeParse(process.env)
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The environment is not complete.\n${wrong.join('\n')}`)
  }
  parsed = result.data
  return parsed
}

function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code)
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
