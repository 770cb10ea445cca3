-- CreateEnum
CREATE TYPE "DeliveryState" AS ENUM ('waiting', 'delivered', 'failed');

-- AlterTable
ALTER TABLE "Event" ADD COLUMN "noticeKinds" JSONB NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "Notice" (
    "id" BIGSERIAL NOT NULL,
    "accountId" TEXT NOT NULL,
    "eventId" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "isShown" BOOLEAN NOT NULL,
    "readAt" TIMESTAMPTZ(3),
    "isMailDue" BOOLEAN NOT NULL,

    CONSTRAINT "Notice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NoticeChoice" (
    "accountId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "byConsole" BOOLEAN NOT NULL,
    "byEmail" BOOLEAN NOT NULL,
    "byWebhook" BOOLEAN NOT NULL,

    CONSTRAINT "NoticeChoice_pkey" PRIMARY KEY ("accountId", "kind")
);

-- CreateTable
CREATE TABLE "NoticeMail" (
    "accountId" TEXT NOT NULL,
    "everyMinutes" INTEGER NOT NULL,
    "locale" TEXT NOT NULL,
    "token" TEXT NOT NULL,

    CONSTRAINT "NoticeMail_pkey" PRIMARY KEY ("accountId")
);

-- CreateTable
CREATE TABLE "Webhook" (
    "ownerId" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Webhook_pkey" PRIMARY KEY ("ownerId")
);

-- CreateTable
CREATE TABLE "WebhookDelivery" (
    "id" BIGSERIAL NOT NULL,
    "ownerId" TEXT NOT NULL,
    "eventId" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "state" "DeliveryState" NOT NULL DEFAULT 'waiting',
    "tries" INTEGER NOT NULL DEFAULT 0,
    "dueAt" TIMESTAMPTZ(3) DEFAULT clock_timestamp(),
    "answer" TEXT,
    "triedAt" TIMESTAMPTZ(3),

    CONSTRAINT "WebhookDelivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SignInPlace" (
    "accountId" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SignInPlace_pkey" PRIMARY KEY ("accountId", "place")
);

-- CreateIndex
CREATE INDEX "SignInPlace_lastAt_idx" ON "SignInPlace"("lastAt");

-- CreateIndex
CREATE INDEX "Notice_accountId_id_idx" ON "Notice"("accountId", "id");

-- CreateIndex
CREATE INDEX "Notice_at_idx" ON "Notice"("at");

-- CreateIndex
CREATE UNIQUE INDEX "Notice_accountId_eventId_kind_key" ON "Notice"("accountId", "eventId", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "NoticeMail_token_key" ON "NoticeMail"("token");

-- CreateIndex
CREATE INDEX "WebhookDelivery_ownerId_id_idx" ON "WebhookDelivery"("ownerId", "id");

-- CreateIndex
CREATE INDEX "WebhookDelivery_at_idx" ON "WebhookDelivery"("at");

-- CreateIndex
CREATE UNIQUE INDEX "WebhookDelivery_ownerId_eventId_kind_key" ON "WebhookDelivery"("ownerId", "eventId", "kind");

-- AddForeignKey
ALTER TABLE "Notice" ADD CONSTRAINT "Notice_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Notice" ADD CONSTRAINT "Notice_eventId_fkey" FOREIGN KEY ("eventId") REFERENCES "Event"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NoticeChoice" ADD CONSTRAINT "NoticeChoice_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NoticeMail" ADD CONSTRAINT "NoticeMail_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Webhook" ADD CONSTRAINT "Webhook_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "WebhookDelivery" ADD CONSTRAINT "WebhookDelivery_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Webhook"("ownerId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "WebhookDelivery" ADD CONSTRAINT "WebhookDelivery_eventId_fkey" FOREIGN KEY ("eventId") REFERENCES "Event"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SignInPlace" ADD CONSTRAINT "SignInPlace_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema has no word for.

-- The bell counts these at every look.
CREATE INDEX "Notice_unread" ON "Notice" ("accountId", "id") WHERE "isShown" AND "readAt" IS NULL;

CREATE INDEX "Notice_mail_due" ON "Notice" ("accountId", "id") WHERE "isMailDue";

CREATE INDEX "WebhookDelivery_due" ON "WebhookDelivery" ("dueAt") WHERE state = 'waiting';

ALTER TABLE "WebhookDelivery" ADD CONSTRAINT "WebhookDelivery_waits_for_a_moment"
  CHECK ((state = 'waiting') = ("dueAt" IS NOT NULL));

ALTER TABLE "NoticeMail" ADD CONSTRAINT "NoticeMail_waits_a_day_at_most" CHECK ("everyMinutes" BETWEEN 1 AND 1440);

-- Writes the notices of new events in the statement that records them, so that no event goes untold and nobody is told of
-- what was rolled back. Which event tells whom is decided in lib/notices/rules.ts; here its roles become people.
-- A restore writes the notices that it has, and sets ecs.restoring.
CREATE FUNCTION write_notices() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mails record;
  mail_accounts text[];
  delivery_ids bigint[];
  delivery bigint;
BEGIN
  IF current_setting('ecs.restoring', true) = 'on' THEN RETURN NULL; END IF;

  IF EXISTS (SELECT FROM recorded WHERE "noticeKinds" <> '{}') THEN
    WITH told AS (
      SELECT e.*, r.key AS role, r.value AS kind FROM recorded e CROSS JOIN jsonb_each_text(e."noticeKinds") r
    ), tenants AS (
      SELECT id, at, kind, "ownerId" AS tenant FROM told WHERE role = 'owner'
      UNION SELECT id, at, kind, "recipientId" FROM told WHERE role = 'recipient'
      UNION SELECT t.id, t.at, t.kind, s."recipientId" FROM told t JOIN "Share" s ON s."imageId" = t."imageId"
        WHERE t.role = 'holders'
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
    FOREACH delivery IN ARRAY delivery_ids LOOP
      PERFORM graphile_worker.add_job('send-webhook', json_build_object('deliveryId', delivery::text),
        job_key => 'send-webhook ' || delivery, job_key_mode => 'preserve_run_at', max_attempts => 6);
    END LOOP;
  END IF;

  -- Open pages of the tenants concerned read again: 'acc-… image,share,notice'.
  PERFORM pg_notify('ecs_changes', tenant || ' ' || string_agg(DISTINCT noun, ','))
  FROM (
    SELECT "ownerId" AS tenant, split_part(action, '.', 1) AS noun FROM recorded
    UNION SELECT "recipientId", split_part(action, '.', 1) FROM recorded WHERE "recipientId" IS NOT NULL
    UNION SELECT "ownerId", 'notice' FROM recorded WHERE "noticeKinds" ?| ARRAY['owner', 'actor']
    UNION SELECT "recipientId", 'notice' FROM recorded WHERE "noticeKinds" ? 'recipient'
    UNION SELECT s."recipientId", unnest(ARRAY['share', 'notice']) FROM recorded e JOIN "Share" s ON s."imageId" = e."imageId"
      WHERE e."noticeKinds" ? 'holders'
  ) concerned
  WHERE tenant IS NOT NULL
  GROUP BY tenant;
  RETURN NULL;
END
$$;
CREATE TRIGGER "Event_writes_notices" AFTER INSERT ON "Event" REFERENCING NEW TABLE AS recorded
  FOR EACH STATEMENT EXECUTE FUNCTION write_notices();

-- A session ends with its row, however that goes. Its streams end at once; they know it by its hash, as the id is a secret.
CREATE FUNCTION tell_session_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('ecs_sessions', encode(sha256(convert_to(OLD.id, 'UTF8')), 'hex'));
  RETURN NULL;
END
$$;
CREATE TRIGGER "Session_tells_its_end" AFTER DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION tell_session_end();
