-- The deliveries of one account have a queue of their own, in which one is sent at a time: endpoints that hang keep those of
-- other accounts no slot. The role 'holders' is gone with the only kind that had it, of which no event was ever recorded.
CREATE OR REPLACE FUNCTION write_notices() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mails record;
  mail_accounts text[];
  delivery_ids bigint[];
  delivery record;
BEGIN
  IF current_setting('ecs.restoring', true) = 'on' THEN RETURN NULL; END IF;

  IF EXISTS (SELECT FROM recorded WHERE "noticeKinds" <> '{}') THEN
    WITH told AS (
      SELECT e.*, r.key AS role, r.value AS kind FROM recorded e CROSS JOIN jsonb_each_text(e."noticeKinds") r
    ), tenants AS (
      SELECT id, at, kind, "ownerId" AS tenant FROM told WHERE role = 'owner'
      UNION SELECT id, at, kind, "recipientId" FROM told WHERE role = 'recipient'
    ), people AS (
      SELECT t.id, t.at, t.kind, a.id AS account FROM tenants t JOIN "Account" a ON a.id = t.tenant
      UNION SELECT t.id, t.at, t.kind, a.id FROM tenants t JOIN "Account" a ON a."masterId" = t.tenant
      UNION SELECT t.id, t.at, t.kind, a.id FROM told t JOIN "Account" a ON a.id = t."actorId" WHERE t.role = 'actor'
    ), written AS (
      INSERT INTO "Notice" ("accountId", "eventId", kind, at, "isShown", "isMailDue")
      SELECT p.account, p.id, p.kind, p.at, coalesce(c."byConsole", true),
        coalesce(c."byEmail", false) AND m."accountId" IS NOT NULL
      FROM people p LEFT JOIN "NoticeChoice" c ON c."accountId" = p.account AND c.kind = p.kind
        LEFT JOIN "NoticeMail" m ON m."accountId" = p.account
      ORDER BY p.id, p.account
      RETURNING "accountId", "isMailDue"
    ), posted AS (
      INSERT INTO "WebhookDelivery" ("ownerId", "eventId", kind, at)
      SELECT w."ownerId", t.id, t.kind, t.at FROM tenants t JOIN "Webhook" w ON w."ownerId" = t.tenant
        LEFT JOIN "NoticeChoice" c ON c."accountId" = t.tenant AND c.kind = t.kind
      WHERE coalesce(c."byWebhook", true)
      ORDER BY t.id
      -- A webhook that is removed at this moment is waited for and left out. Its foreign key would fail the operation instead.
      FOR KEY SHARE OF w
      RETURNING id
    )
    SELECT ARRAY(SELECT "accountId" FROM written WHERE "isMailDue"), ARRAY(SELECT id FROM posted)
    INTO mail_accounts, delivery_ids;

    -- Notices of everyMinutes go into one e-mail: a job that waits keeps its moment. In one order, as all of them lock their key.
    FOR mails IN SELECT "accountId", "everyMinutes" FROM "NoticeMail" WHERE "accountId" = ANY(mail_accounts) ORDER BY 1 LOOP
      PERFORM graphile_worker.add_job('send-mail', json_build_object('accountId', mails."accountId"),
        job_key => 'send-mail ' || mails."accountId", job_key_mode => 'preserve_run_at', max_attempts => 6,
        run_at => clock_timestamp() + make_interval(mins => mails."everyMinutes"));
    END LOOP;
    FOR delivery IN SELECT id, "ownerId" FROM "WebhookDelivery" WHERE id = ANY(delivery_ids) ORDER BY "ownerId", id LOOP
      PERFORM graphile_worker.add_job('send-webhook', json_build_object('deliveryId', delivery.id::text),
        queue_name => 'webhook:' || delivery."ownerId", job_key => 'send-webhook ' || delivery.id,
        job_key_mode => 'preserve_run_at', max_attempts => 6);
    END LOOP;
  END IF;

  -- Open pages of the tenants concerned read again: 'acc-… image,share,notice'.
  PERFORM pg_notify('ecs_changes', tenant || ' ' || string_agg(DISTINCT noun, ','))
  FROM (
    SELECT "ownerId" AS tenant, split_part(action, '.', 1) AS noun FROM recorded
    UNION SELECT "recipientId", split_part(action, '.', 1) FROM recorded WHERE "recipientId" IS NOT NULL
    UNION SELECT "ownerId", 'notice' FROM recorded WHERE "noticeKinds" ?| ARRAY['owner', 'actor']
    UNION SELECT "recipientId", 'notice' FROM recorded WHERE "noticeKinds" ? 'recipient'
  ) concerned
  WHERE tenant IS NOT NULL
  GROUP BY tenant;
  RETURN NULL;
END
$$;
