-- CreateTable
CREATE TABLE "AuditEntry" (
    "accountId" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "eventId" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "action" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "address" TEXT,
    "ownerName" TEXT NOT NULL,
    "regionId" TEXT,
    "imageId" TEXT,
    "imageName" TEXT,
    "shareId" TEXT,
    "recipientName" TEXT,
    "instanceId" TEXT,
    "instanceName" TEXT,
    "snapshotId" TEXT,
    "snapshotName" TEXT,
    "details" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("accountId","seq")
);

-- CreateTable. Each growth of a chain updates its row in place: the room is left for that.
CREATE TABLE "AuditChain" (
    "accountId" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditChain_pkey" PRIMARY KEY ("accountId")
) WITH (fillfactor = 50);

-- CreateTable
CREATE TABLE "AuditCheckpoint" (
    "accountId" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "keyId" TEXT NOT NULL,
    "signature" TEXT NOT NULL,

    CONSTRAINT "AuditCheckpoint_pkey" PRIMARY KEY ("accountId","seq","keyId")
);

-- What Prisma's schema has no word for.

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "AuditEntry_is_append_only" BEFORE UPDATE OR DELETE ON "AuditEntry" FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER "AuditEntry_is_not_truncated" BEFORE TRUNCATE ON "AuditEntry" FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER "AuditCheckpoint_is_append_only" BEFORE UPDATE OR DELETE ON "AuditCheckpoint" FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER "AuditCheckpoint_is_not_truncated" BEFORE TRUNCATE ON "AuditCheckpoint" FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Adds new events to the chains of the tenants that they concern, in the statement that records them: the tenant of the owner
-- (of a sub-account: its master) and the recipient of a share. Each tenant gets its own view of an event, because that is what
-- it may read and export: the other side's sub-accounts and addresses are masked, and a recipient does not read why an
-- image was shared in spite of its findings (lib/events/rules.ts: heldDetails). The rows of chains are locked in the order
-- of their ids, as the last locks of an operation, so two operations cannot fork a chain. What is hashed is an array of
-- texts, written as JSON.stringify writes it, so that programs outside the database can recompute it.
-- A restore writes the chains that it has, and sets ecs.restoring.
CREATE FUNCTION extend_audit_chains() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  head "AuditChain"%ROWTYPE;
  entry record;
BEGIN
  IF current_setting('ecs.restoring', true) = 'on' THEN RETURN NULL; END IF;

  FOR entry IN
    WITH concerned AS (
      SELECT e.*, coalesce(o."masterId", e."ownerId") AS owner, coalesce(a."masterId", a.id) AS "actorTenant"
      FROM recorded e LEFT JOIN "Account" o ON o.id = e."ownerId" LEFT JOIN "Account" a ON a.id = e."actorId"
    )
    SELECT c.*, c.owner AS tenant, false AS "isRecipient",
      c."recipientId" IS NOT NULL AND c."actorTenant" IS NOT DISTINCT FROM c."recipientId" AS "isMasked"
    FROM concerned c
    UNION ALL
    SELECT c.*, c."recipientId", true, c."actorId" <> 'operator' AND c."actorTenant" IS DISTINCT FROM c."recipientId"
    FROM concerned c WHERE c."recipientId" <> c.owner
    ORDER BY tenant, id
  LOOP
    IF head."accountId" IS DISTINCT FROM entry.tenant THEN
      UPDATE "AuditChain" SET seq = head.seq, hash = head.hash WHERE "accountId" = head."accountId";
      SELECT * INTO head FROM "AuditChain" WHERE "accountId" = entry.tenant FOR NO KEY UPDATE;
      IF NOT FOUND THEN
        INSERT INTO "AuditChain" VALUES (entry.tenant, 0,
          encode(sha256(convert_to('open-ecs-console audit ' || entry.tenant, 'UTF8')), 'hex')) ON CONFLICT DO NOTHING;
        SELECT * INTO head FROM "AuditChain" WHERE "accountId" = entry.tenant FOR NO KEY UPDATE;
      END IF;
    END IF;
    IF entry."isMasked" THEN
      entry."actorId" := CASE WHEN entry."isRecipient" THEN entry.owner ELSE entry."recipientId" END;
      entry."actorName" := CASE WHEN entry."isRecipient" THEN entry."ownerName" ELSE entry."recipientName" END;
      entry.address := NULL;
    END IF;
    IF entry."isRecipient" THEN entry.details := entry.details - '{reason,findings,unchecked}'::text[]; END IF;
    head.seq := head.seq + 1;
    head.hash := encode(sha256(convert_to(head.hash || array_to_json(ARRAY[entry.tenant, head.seq::text, entry.id::text,
      to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), entry.action, entry."actorId", entry."actorName",
      entry.address, entry."ownerName", entry."regionId", entry."imageId", entry."imageName", entry."shareId",
      entry."recipientName", entry."instanceId", entry."instanceName", entry."snapshotId", entry."snapshotName",
      entry.details::text])::text, 'UTF8')), 'hex');
    INSERT INTO "AuditEntry" VALUES (entry.tenant, head.seq, entry.id, entry.at, entry.action, entry."actorId", entry."actorName",
      entry.address, entry."ownerName", entry."regionId", entry."imageId", entry."imageName", entry."shareId",
      entry."recipientName", entry."instanceId", entry."instanceName", entry."snapshotId", entry."snapshotName",
      entry.details::text, head.hash);
  END LOOP;
  UPDATE "AuditChain" SET seq = head.seq, hash = head.hash WHERE "accountId" = head."accountId";
  RETURN NULL;
END
$$;
CREATE TRIGGER "Event_extends_audit" AFTER INSERT ON "Event" REFERENCING NEW TABLE AS recorded
  FOR EACH STATEMENT EXECUTE FUNCTION extend_audit_chains();

-- What was recorded before there were chains goes into them in its order, by the same function.
CREATE TEMPORARY TABLE "PastEvent" (LIKE "Event") ON COMMIT DROP;
CREATE TRIGGER "PastEvent_extends_audit" AFTER INSERT ON "PastEvent" REFERENCING NEW TABLE AS recorded
  FOR EACH STATEMENT EXECUTE FUNCTION extend_audit_chains();
INSERT INTO "PastEvent" SELECT * FROM "Event";
DROP TABLE "PastEvent";

-- Made after the rows: an index of many rows is built faster than it is extended.

-- CreateIndex
CREATE UNIQUE INDEX "AuditEntry_eventId_accountId_key" ON "AuditEntry"("eventId", "accountId");

-- CreateIndex
CREATE INDEX "AuditEntry_accountId_action_seq_idx" ON "AuditEntry"("accountId", "action", "seq");

-- CreateIndex
CREATE INDEX "AuditEntry_accountId_actorName_seq_idx" ON "AuditEntry"("accountId", "actorName", "seq");

-- CreateIndex
CREATE INDEX "AuditEntry_accountId_at_seq_idx" ON "AuditEntry"("accountId", "at", "seq");
