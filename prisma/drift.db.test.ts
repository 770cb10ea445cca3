import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { schemaSql } from './schema-sql.mjs'

// The parts of the migrations that schema.prisma cannot express. Everything else must be equal.
const byHand = [
  'check Account_sub_has_master',
  'check AttachedPolicy_regionIds_check',
  'check Check_counts_are_not_negative',
  'check Check_has_verdict_or_is_queued',
  'check IgnoredFinding_has_reason',
  'check Image_deprecation_has_moment',
  'check Image_in_bin_has_date',
  'check Image_in_use_has_bytes',
  'check Image_minimums_are_amounts',
  'check InstancePrice_amount_is_not_negative',
  'check InstancePrice_begins_with_an_hour',
  'check InstanceRun_goes_forward',
  'check InstanceType_has_room',
  'check Instance_holds_bytes',
  'check Instance_task_has_date',
  'check Instance_terminated_has_date',
  'check LedgerEntry_usage_costs_its_price',
  'check NoticeMail_waits_a_day_at_most',
  'check Quota_amount_is_not_negative',
  'check ShareDay_used_is_positive',
  'check Share_notice_has_end',
  'check Share_pending_has_end',
  'check Share_recipient_is_not_owner',
  'check Snapshot_in_use_has_bytes',
  'check Transfer_bytes_are_not_negative',
  'check WebhookDelivery_waits_for_a_moment',
  'constraint Image_in_motion_has_transfer',
  'index Blob_in_motion',
  'index Blob_ready_once',
  'index Check_queued',
  'index Image_copying',
  'index Image_in_motion',
  'index InstanceRun_unmetered',
  'index Instance_in_motion',
  'index LedgerEntry_hour_once',
  'index Notice_mail_due',
  'index Notice_unread',
  'index Share_end_notices',
  'index Share_ends',
  'index Share_given_by_end',
  'index Share_received_by_end',
  'index Share_unseen',
  'index Snapshot_creating',
  'index WebhookDelivery_due',
  'trigger AuditCheckpoint_is_append_only',
  'trigger AuditCheckpoint_is_not_truncated',
  'trigger AuditEntry_is_append_only',
  'trigger AuditEntry_is_not_truncated',
  'trigger Event_extends_audit',
  'trigger Event_is_append_only',
  'trigger Event_is_not_truncated',
  'trigger Event_writes_notices',
  'trigger Image_in_motion_has_transfer',
  'trigger InstancePrice_begun_is_fixed',
  'trigger Instance_wakes_host',
  'trigger LedgerEntry_has_one_currency',
  'trigger LedgerEntry_is_append_only',
  'trigger LedgerEntry_is_not_truncated',
  'trigger LedgerEntry_one_at_a_time',
  'trigger Session_tells_its_end',
  'trigger Snapshot_wakes_host',
  'view HeldShare',
  'view LiveShare',
]

const catalog = `
  SELECT 'column ' || table_name || '.' || column_name AS what,
    concat_ws(' ', data_type, udt_name, datetime_precision, is_nullable, column_default) AS how
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
    AND table_name NOT IN (SELECT viewname FROM pg_views)
  UNION ALL SELECT 'view ' || viewname, definition FROM pg_views WHERE schemaname = 'public'
  UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes
  WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
  UNION ALL SELECT (CASE contype WHEN 'c' THEN 'check ' ELSE 'constraint ' END) || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    AND conrelid::regclass::text <> '_prisma_migrations'
  UNION ALL SELECT 'enum ' || t.typname, string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder)
  FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname = 'public' GROUP BY t.typname
  UNION ALL SELECT 'trigger ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    AND tgrelid::regclass::text NOT LIKE 'graphile_worker%' AND tgrelid::regclass::text NOT LIKE '%_private_%'`

const migrated = process.env.DATABASE_URL ?? ''
const scratch = new URL(migrated)
scratch.pathname = `${scratch.pathname}_schema`

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function readCatalog(url: string): Promise<Map<string, string>> {
  const rows = await query(url, catalog)
  return new Map(rows.map((row) => [String(row.what), String(row.how)]))
}

beforeAll(() => query(migrated, `CREATE DATABASE "${scratch.pathname.slice(1)}"`))
afterAll(() => query(migrated, `DROP DATABASE "${scratch.pathname.slice(1)}" WITH (FORCE)`))

test('the migrations create what schema.prisma says, and beyond it only what is listed', async () => {
  await query(scratch.href, await schemaSql(migrated))
  const [wanted, made] = [await readCatalog(scratch.href), await readCatalog(migrated)]
  expect(wanted.size).toBeGreaterThan(80)
  for (const [what, how] of wanted) expect(made.get(what), what).toBe(how)
  const extra = [...made.keys()].filter((what) => !wanted.has(what)).sort()
  expect(extra).toEqual(byHand)
})
