import 'server-only'
import path from 'node:path'
import { z } from 'zod'
import { bytesPattern, durationPattern, parseBytes, parseDuration } from './format'

const bytes = z.string().regex(bytesPattern, 'a size such as 64GiB').transform(parseBytes)

const duration = z.string().regex(durationPattern, 'a time such as 90s, 30m, 12h or 7d').transform(parseDuration)

/** The environment variables of the console's processes; lib/documents/settings.ts describes them for operators. */
export const environment = z.object({
  DATABASE_URL: z.string().min(1),
  ECS_BALLAST_FILE: z.string().default(''),
  /** Read by lib/patience.ts, which also runs where the other variables are not set; checked here. */
  ECS_DATABASE_WAIT: duration.default(4_000),
  ECS_LOCK_WAIT: duration.default(10_000),
  ECS_DATA_DIR: z
    .string()
    .default('.data')
    .transform((folder) => path.resolve(folder)),
  ECS_STAGING_DIR: z
    .string()
    .min(1)
    .transform((folder) => path.resolve(folder))
    .optional(),
  NEXTAUTH_SECRET: z.string().min(1).optional(),
  NEXTAUTH_URL: z.url().optional(),
  ECS_SESSION_MAX: duration.default(7 * 24 * 60 * 60 * 1000),
  ECS_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  ECS_TIME_ZONE: z.string().default('Asia/Shanghai').refine(isTimeZone, 'an IANA time zone such as Asia/Shanghai'),
  ECS_CURRENCY: z.string().default('CNY').refine(isCurrency, 'a currency of ISO 4217 such as CNY'),
  ECS_RECYCLE_DAYS: z.coerce.number().int().min(0).max(3650).default(7),
  ECS_DISK_CHECK: z.enum(['auto', 'on-demand', 'off']).default('auto'),
  ECS_CHECK_MACHINE: z.enum(['auto', 'off']).default('auto'),
  ECS_CHECK_KERNEL: z
    .string()
    .min(1)
    .transform((folder) => path.resolve(folder))
    .optional(),
  ECS_SHARE_CHECK: z.enum(['off', 'warn', 'block']).default('warn'),
  ECS_SHARE_DEFAULT_DAYS: z.coerce.number().int().min(0).max(3650).default(0),
  ECS_SHARE_MAX_DAYS: z.coerce.number().int().min(0).max(3650).default(0),
  ECS_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  ECS_MAIL_FROM: z.string().min(3).optional(),
  ECS_WEBHOOK_PRIVATE: z.enum(['refuse', 'allow']).default('refuse'),
  /** The private key (PEM, Ed25519) that signs checkpoints of the audit trail; by default one made in the data folder. */
  ECS_AUDIT_KEY_FILE: z
    .string()
    .min(1)
    .transform((file) => path.resolve(file))
    .optional(),
  ECS_IMAGE_SIZE_MAX: bytes.default(64 * 2 ** 30),
  ECS_UPLOAD_CHUNK: bytes.default(32 * 2 ** 20),
  ECS_STORE_RESERVE: bytes.default(2 * 2 ** 30),
  ECS_REQUIRE_SANDBOX: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
  ECS_MACHINE_DIR: z
    .string()
    .min(1)
    .transform((folder) => path.resolve(folder))
    .optional(),
  ECS_MACHINE_ACCELERATOR: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
  ECS_MACHINE_CPU_RATIO: z.coerce.number().min(0.1).max(64).default(4),
  ECS_MACHINE_MEMORY_RESERVE: bytes.default(2 ** 30),
  ECS_MACHINE_STOP_PATIENCE: duration.default(60_000),
  ECS_MACHINE_EMULATION: z.enum(['allow', 'refuse']).default(process.env.ECS_EMBEDDED ? 'allow' : 'refuse'),
  /** The name of the bridge; undefined: no network. */
  ECS_MACHINE_NETWORK: z
    .string()
    .regex(/^(none|bridge:[A-Za-z0-9][A-Za-z0-9_.-]{0,14})$/, 'none, or bridge: and the name of a bridge of the host')
    .default('none')
    .transform((value) => (value === 'none' ? undefined : value.slice('bridge:'.length))),
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

/** The settings of this process, read once. Throws an error that names every missing or wrong setting. */
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
