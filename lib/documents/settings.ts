/** A setting of the console. If `default` is null, `otherwise` says what happens without it. */
export type Setting = {
  default: string | null
  otherwise?: string
  /** The value in `.env.example`, if not the default. */
  example?: string
  means: string
  /** Not read from a settings file, so not in `.env.example`. */
  notInFile?: true
}

export type SettingGroup = { title: string; settings: Record<string, Setting> }

// docs/settings.md and .env.example are generated from this table (`npm run docs`). Tests compare it with the schema of
// lib/env.ts and with every `process.env.…` of the product.

const server: Record<string, Setting> = {
  PORT: { default: '3000', means: 'The port where the server listens.' },
  HOST: {
    default: '127.0.0.1',
    means: 'The address where the server listens. `0.0.0.0` is every IPv4 address of the machine.',
  },
  NEXTAUTH_URL: {
    default: null,
    otherwise: 'where it listens',
    example: 'https://console.example',
    means:
      'The address that people open. Once it is set, forms from any other origin are refused; unset, `Host` and `X-Forwarded-Host` say what the origin has to be. Set it behind a proxy. Required with `DATABASE_URL`.',
  },
  NEXTAUTH_SECRET: {
    default: null,
    otherwise: 'created once, in `secret.json` of the data folder',
    means:
      'Encrypts the session cookie; the same for all servers, and keep it: a new one signs everybody out. Create it with `openssl rand -base64 32`. Required with `DATABASE_URL`.',
  },
  ECS_TRUSTED_PROXIES: {
    default: '0',
    means:
      'How many of your proxies append to `X-Forwarded-For`. With 0 no such header is trusted, and behind a proxy all visitors count as one address.',
  },
  ECS_WORKER: { default: 'on', means: '`off` starts no worker beside the server. Run `npm run worker` elsewhere.' },
}

const database: Record<string, Setting> = {
  DATABASE_URL: {
    default: null,
    otherwise: 'the embedded PostgreSQL',
    example: 'postgresql://console:secret@db.example:5432/console',
    means: 'Your own PostgreSQL, version 15 or newer. A pooler must be in session mode.',
  },
  ECS_DATABASE_POOL: { default: '10', means: 'Connections to the database that each process keeps.' },
  ECS_DATABASE_WAIT: { default: '4s', means: 'How long a request waits for the database before it reports no answer.' },
  ECS_LOCK_WAIT: {
    default: '10s',
    means: 'How long an operation waits for rows that another operation has locked, before it is refused as busy.',
  },
  ECS_AUDIT_KEY_FILE: {
    default: null,
    otherwise: 'created once, as `audit-key.pem` in the data folder',
    means:
      'The private key that signs checkpoints of the audit trail, in PEM: `openssl genpkey -algorithm ed25519`. The same for all servers and workers. Keep a copy where nobody who can change the database can read it.',
  },
  ECS_DATA_DIR: {
    default: '.data',
    means:
      'The folder of the embedded database, the secret, the key of the audit trail, and the stores, staging folder and machines that have no place of their own.',
  },
  ECS_BALLAST: {
    default: '64MiB',
    means: 'Space that the embedded database gives up when its disk is nearly full, at least 32MiB. `0` keeps none.',
  },
  ECS_DEMO: { default: 'on', means: '`off` starts the embedded database empty.' },
}

const stores: Record<string, Setting> = {
  'ECS_STORE_<REGION>': {
    default: null,
    otherwise: 'a folder of the data folder',
    example: 's3://images/shanghai?endpoint=https://s3.example&region=us-east-1&path-style=1',
    means:
      'Where a region keeps its bytes: an existing folder, or a bucket as `s3://bucket/prefix?endpoint=https://…&region=…&path-style=1`. The region `cn-shanghai` is written `CN_SHANGHAI`.',
  },
  'ECS_STORE_<REGION>_ACCESS_KEY_ID': {
    default: null,
    otherwise: "found by the AWS SDK's own rules",
    means: 'The access key of that bucket.',
  },
  'ECS_STORE_<REGION>_SECRET_ACCESS_KEY': {
    default: null,
    otherwise: "found by the AWS SDK's own rules",
    means: 'The secret of that access key.',
  },
  ECS_STAGING_DIR: {
    default: null,
    otherwise: '`staging` in the data folder',
    example: '.data/staging',
    means:
      "Where imports arrive: one folder for all servers and workers. On a store's file system, finished imports are moved instead of copied.",
  },
  ECS_STORE_RESERVE: { default: '2GiB', means: 'Kept free in every store; 5 % of it where that is more.' },
}

const images: Record<string, Setting> = {
  ECS_IMAGE_SIZE_MAX: { default: '64GiB', means: 'The largest file that is imported. Its disk may have up to 2 TiB.' },
  ECS_UPLOAD_CHUNK: {
    default: '32MiB',
    means: 'How much of a file the browser sends in one request; a broken connection loses at most one part.',
  },
  ECS_RECYCLE_DAYS: {
    default: '7',
    means: 'How many days a deleted image can be restored. `0` turns the recycle bin off.',
  },
  ECS_REQUIRE_SANDBOX: {
    default: '0',
    means:
      '`1` refuses imports and clean copies, and starts no machine that reads file systems, where their tools cannot run in a namespace without a network.',
  },
  ECS_DISK_CHECK: {
    default: 'auto',
    means:
      'When the disk of an image is checked for keys, passwords and other private data: `auto` after every import, copy and image made from an instance, `on-demand` when its owner asks, `off` never.',
  },
  ECS_CHECK_MACHINE: {
    default: 'auto',
    means:
      'Whether XFS, Btrfs, and ext4 with `inline_data` or `bigalloc` are read by a small machine of the worker, where QEMU and its kernel are: `auto`, or `off`. Without it such disks cannot be checked.',
  },
  ECS_CHECK_KERNEL: {
    default: null,
    otherwise: '`check-kernel` in the data folder, then what is installed',
    example: '/opt/check-kernel',
    means:
      "The folder below which that machine's kernel (`boot/vmlinuz-*`, `lib/modules`) and a static `bin/busybox` are: `/`, or one that Debian's `linux-image-cloud-amd64` and `busybox-static` were unpacked into.",
  },
  ECS_SHARE_CHECK: {
    default: 'warn',
    means:
      'Whether an image with findings or without a verdict can be shared: `off` always, `warn` with a reason, `block` not with critical or high findings and not unless its whole disk was checked.',
  },
  ECS_SHARE_DEFAULT_DAYS: {
    default: '0',
    means:
      'After how many days a share ends unless its sharer chooses another end. `0`: it has no end, or that of `ECS_SHARE_MAX_DAYS`.',
  },
  ECS_SHARE_MAX_DAYS: {
    default: '0',
    means:
      'For how many days an image can be shared at most, and a share extended from today. `0`: without an end, too. Shares that exist keep their end.',
  },
}

const machines: Record<string, Setting> = {
  ECS_MACHINE_DIR: {
    default: null,
    otherwise: '`machines` in the data folder',
    example: '.data/machines',
    means: 'Where this host keeps the disks of its machines.',
  },
  ECS_MACHINE_ACCELERATOR: {
    default: 'auto',
    means: '`auto` uses KVM where it can run a test guest, and emulation elsewhere. `kvm` or `tcg` allows only that.',
  },
  ECS_MACHINE_EMULATION: {
    default: 'refuse',
    otherwise: '`allow` in the embedded demo',
    means: 'Whether a host without KVM runs instances. Emulation does not isolate tenants.',
  },
  ECS_MACHINE_CPU_RATIO: { default: '4', means: 'How many vCPUs of instances share one CPU of the host.' },
  ECS_MACHINE_MEMORY_RESERVE: {
    default: '1GiB',
    means:
      'Memory of the host that no instance gets. Where the console runs on the same host, set `2GiB`, and `64MiB` more for each instance that runs at once.',
  },
  ECS_MACHINE_STOP_PATIENCE: {
    default: '1m',
    means: 'How long a guest may take to shut down before it is powered off.',
  },
  ECS_MACHINE_NETWORK: {
    default: 'none',
    example: 'bridge:br0',
    means:
      'What instances are connected to: `none`, or `bridge:` and the name of a bridge of the host. A change holds from the next start of an instance on.',
  },
  ECS_MACHINE_UID: {
    default: '610000',
    means: 'Where the worker runs as root, each machine has a user id of its own, from this one on.',
  },
}

const behaviour: Record<string, Setting> = {
  ECS_SESSION_MAX: {
    default: '7d',
    means: 'A session ends this long after its sign-in, however often it is used. Unused it ends after 12 hours.',
  },
  ECS_TIME_ZONE: {
    default: 'Asia/Shanghai',
    means: 'The time zone of the daily share limit, of the days of the bill and of all times on the screen.',
  },
  ECS_CURRENCY: {
    default: 'CNY',
    means: 'The currency that instances are charged in (ISO 4217). The first line of the ledger fixes it.',
  },
}

const notices: Record<string, Setting> = {
  ECS_SMTP_URL: {
    default: null,
    otherwise: 'no e-mail',
    example: 'smtp://console:secret@mail.example:587',
    means:
      'The mail server that takes notices. `smtps://` is TLS from the start; `smtp://` uses STARTTLS where it is offered.',
  },
  ECS_MAIL_FROM: {
    default: null,
    otherwise: 'required with `ECS_SMTP_URL`',
    example: 'Open ECS Console <console@example.com>',
    means: 'The sender of e-mail.',
  },
  ECS_WEBHOOK_PRIVATE: {
    default: 'refuse',
    means:
      'Whether the webhooks of tenants may be in loopback, link-local and private networks, and without TLS. `allow` lets every tenant post to whatever the worker can reach.',
  },
}

const observation: Record<string, Setting> = {
  ECS_METRICS_PORT: {
    default: null,
    otherwise: 'off',
    example: '9400',
    means: "The server's metrics are served on this port of 127.0.0.1, the worker's on the next one.",
  },
  LOG_LEVEL: { default: 'info', means: "One of pino's levels. `debug` logs every action and read." },
  ECS_TRACE: { default: '0', means: '`1` prints the stack trace of a fault of the command line.' },
}

const programs: Record<string, Setting> = {
  ECS_ENV_FILE: {
    default: null,
    otherwise: '`/etc/open-ecs-console.env` with the program `ecs-console`',
    notInFile: true,
    means:
      'Another file of settings, read after `.env` of the working directory. What the environment or `.env` says already holds.',
  },
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: {
    default: null,
    otherwise: 'a new one for each build',
    notInFile: true,
    means:
      'Set it when you build. Servers behind one address need the same; those that run the same archive or the same build have it. Create it with `openssl rand -base64 32`.',
  },
}

/** Every setting, in the order of the documents. */
export const settingGroups: readonly SettingGroup[] = [
  { title: 'Server', settings: server },
  { title: 'Database', settings: database },
  { title: 'Stores', settings: stores },
  { title: 'Images', settings: images },
  { title: 'Machines', settings: machines },
  { title: 'Sessions, time and money', settings: behaviour },
  { title: 'Notices', settings: notices },
  { title: 'Metrics and logs', settings: observation },
  { title: 'Build and programs', settings: programs },
]

/** Set by the console for its own processes and its build; not for operators. */
export const ownVariables = [
  'ECS_ADDRESS_IS_GUESSED',
  'ECS_BALLAST_FILE',
  'ECS_BUILD',
  'ECS_COMMIT',
  'ECS_EMBEDDED',
  'ECS_PROGRAM',
]
