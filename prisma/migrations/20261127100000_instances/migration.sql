-- CreateEnum
CREATE TYPE "InstanceState" AS ENUM ('creating', 'running', 'paused', 'stopping', 'stopped', 'failed', 'unknown', 'terminating', 'terminated');

-- CreateEnum
CREATE TYPE "InstanceTask" AS ENUM ('CREATE', 'START', 'STOP', 'FORCE_STOP', 'RESTART', 'REBUILD', 'RESTORE', 'TERMINATE');

-- CreateEnum
CREATE TYPE "LedgerKind" AS ENUM ('USAGE', 'ADJUSTMENT');

-- CreateEnum
CREATE TYPE "SnapshotState" AS ENUM ('creating', 'available', 'failed');

-- CreateEnum
CREATE TYPE "SnapshotConsistency" AS ENUM ('SETTLED', 'POWER_CUT');

-- AlterTable
ALTER TABLE "Event" ADD COLUMN "instanceId" TEXT,
ADD COLUMN "instanceName" TEXT,
ADD COLUMN "snapshotId" TEXT,
ADD COLUMN "snapshotName" TEXT;

-- CreateTable
CREATE TABLE "InstanceType" (
    "id" TEXT NOT NULL,
    "vcpus" INTEGER NOT NULL,
    "memoryMib" INTEGER NOT NULL,
    "retiredAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "InstanceType_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "InstancePrice" (
    "typeId" TEXT NOT NULL,
    "validFrom" TIMESTAMPTZ(3) NOT NULL,
    "amount" INTEGER NOT NULL,
    CONSTRAINT "InstancePrice_pkey" PRIMARY KEY ("typeId","validFrom")
);

-- CreateTable
CREATE TABLE "MachineHost" (
    "id" TEXT NOT NULL,
    "vcpus" INTEGER NOT NULL,
    "memoryMib" INTEGER NOT NULL,
    "accelerator" TEXT,
    "canUefi" BOOLEAN NOT NULL,
    "isEmulationAllowed" BOOLEAN NOT NULL,
    "version" TEXT NOT NULL,
    "problem" TEXT,
    "seenAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "MachineHost_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Instance" (
    "id" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" "InstanceState" NOT NULL,
    "reason" JSONB,
    "imageId" TEXT NOT NULL,
    "imageName" TEXT NOT NULL,
    "imageOwnerId" TEXT NOT NULL,
    "imageOwnerName" TEXT NOT NULL,
    "operatingSystem" TEXT NOT NULL,
    "bootMode" "BootMode" NOT NULL,
    "typeId" TEXT NOT NULL,
    "diskBytes" BIGINT NOT NULL,
    "blobId" TEXT,
    "build" TEXT NOT NULL,
    "hostName" TEXT,
    "sshKey" TEXT,
    "userData" TEXT,
    "isProtected" BOOLEAN NOT NULL DEFAULT false,
    "hostId" TEXT NOT NULL,
    "task" "InstanceTask",
    "taskSince" TIMESTAMPTZ(3),
    "revision" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "terminatedAt" TIMESTAMPTZ(3),
    CONSTRAINT "Instance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "InstanceRun" (
    "instanceId" TEXT NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "to" TIMESTAMPTZ(3) NOT NULL,
    "isOpen" BOOLEAN NOT NULL,
    "typeId" TEXT NOT NULL,
    "meteredHour" TIMESTAMPTZ(3),
    CONSTRAINT "InstanceRun_pkey" PRIMARY KEY ("instanceId","from")
);

-- CreateTable
CREATE TABLE "LedgerEntry" (
    "id" BIGSERIAL NOT NULL,
    "kind" "LedgerKind" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "accountId" TEXT NOT NULL,
    "accountName" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "instanceId" TEXT NOT NULL,
    "instanceName" TEXT NOT NULL,
    "typeId" TEXT NOT NULL,
    "vcpus" INTEGER NOT NULL,
    "memoryMib" INTEGER NOT NULL,
    "imageId" TEXT NOT NULL,
    "imageName" TEXT NOT NULL,
    "imageOwnerId" TEXT NOT NULL,
    "imageOwnerName" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "to" TIMESTAMPTZ(3) NOT NULL,
    "price" INTEGER NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    CONSTRAINT "LedgerEntry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Snapshot" (
    "id" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "state" "SnapshotState" NOT NULL,
    "failure" JSONB,
    "instanceId" TEXT NOT NULL,
    "instanceName" TEXT NOT NULL,
    "imageId" TEXT NOT NULL,
    "imageName" TEXT NOT NULL,
    "imageOwnerId" TEXT NOT NULL,
    "imageOwnerName" TEXT NOT NULL,
    "operatingSystem" TEXT NOT NULL,
    "bootMode" "BootMode" NOT NULL,
    "virtualSize" BIGINT NOT NULL,
    "size" BIGINT NOT NULL DEFAULT 0,
    "doneBytes" BIGINT NOT NULL DEFAULT 0,
    "totalBytes" BIGINT NOT NULL DEFAULT 0,
    "promisedBytes" BIGINT NOT NULL DEFAULT 0,
    "consistency" "SnapshotConsistency",
    "blobId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "Snapshot_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Event_instanceId_id_idx" ON "Event"("instanceId", "id");

-- CreateIndex

-- CreateIndex
CREATE INDEX "Instance_blobId_idx" ON "Instance"("blobId");

-- CreateIndex
CREATE INDEX "Instance_hostId_state_idx" ON "Instance"("hostId", "state");

-- CreateIndex
CREATE INDEX "Instance_imageId_state_idx" ON "Instance"("imageId", "state");

-- CreateIndex
CREATE INDEX "Instance_ownerId_regionId_state_id_idx" ON "Instance"("ownerId", "regionId", "state", "id");

-- CreateIndex
CREATE INDEX "Instance_ownerId_regionId_createdAt_id_idx" ON "Instance"("ownerId", "regionId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Instance_ownerId_regionId_name_id_idx" ON "Instance"("ownerId", "regionId", "name", "id");

-- CreateIndex
CREATE INDEX "LedgerEntry_accountId_hour_id_idx" ON "LedgerEntry"("accountId", "hour", "id");

-- CreateIndex
CREATE INDEX "Snapshot_blobId_idx" ON "Snapshot"("blobId");

-- CreateIndex
CREATE INDEX "Snapshot_instanceId_idx" ON "Snapshot"("instanceId");

-- CreateIndex
CREATE INDEX "Snapshot_ownerId_regionId_state_size_id_idx" ON "Snapshot"("ownerId", "regionId", "state", "size", "id");

-- CreateIndex
CREATE INDEX "Snapshot_ownerId_regionId_createdAt_id_idx" ON "Snapshot"("ownerId", "regionId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Snapshot_ownerId_regionId_name_id_idx" ON "Snapshot"("ownerId", "regionId", "name", "id");

-- AddForeignKey
ALTER TABLE "InstancePrice" ADD CONSTRAINT "InstancePrice_typeId_fkey" FOREIGN KEY ("typeId") REFERENCES "InstanceType"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_regionId_fkey" FOREIGN KEY ("regionId") REFERENCES "Region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_typeId_fkey" FOREIGN KEY ("typeId") REFERENCES "InstanceType"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "MachineHost"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_blobId_regionId_fkey" FOREIGN KEY ("blobId", "regionId") REFERENCES "Blob"("id", "regionId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "InstanceRun" ADD CONSTRAINT "InstanceRun_instanceId_fkey" FOREIGN KEY ("instanceId") REFERENCES "Instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "InstanceRun" ADD CONSTRAINT "InstanceRun_typeId_fkey" FOREIGN KEY ("typeId") REFERENCES "InstanceType"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_regionId_fkey" FOREIGN KEY ("regionId") REFERENCES "Region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_blobId_regionId_fkey" FOREIGN KEY ("blobId", "regionId") REFERENCES "Blob"("id", "regionId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema has no word for.

-- Bytes under a disk are held until nothing of the disk is left.
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_holds_bytes" CHECK ((state = 'terminated') = ("blobId" IS NULL));
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_terminated_has_date" CHECK ((state = 'terminated') = ("terminatedAt" IS NOT NULL));
ALTER TABLE "Instance" ADD CONSTRAINT "Instance_task_has_date" CHECK ((task IS NULL) = ("taskSince" IS NULL));
ALTER TABLE "InstancePrice" ADD CONSTRAINT "InstancePrice_amount_is_not_negative" CHECK (amount >= 0);
ALTER TABLE "InstancePrice" ADD CONSTRAINT "InstancePrice_begins_with_an_hour"
  CHECK (date_trunc('hour', "validFrom", 'UTC') = "validFrom");
ALTER TABLE "InstanceRun" ADD CONSTRAINT "InstanceRun_goes_forward" CHECK ("to" >= "from");
ALTER TABLE "InstanceType" ADD CONSTRAINT "InstanceType_has_room" CHECK (vcpus > 0 AND "memoryMib" > 0);
ALTER TABLE "LedgerEntry" ADD CONSTRAINT "LedgerEntry_usage_costs_its_price"
  CHECK (kind <> 'USAGE' OR (amount = price AND amount >= 0));
ALTER TABLE "Snapshot" ADD CONSTRAINT "Snapshot_in_use_has_bytes" CHECK (state <> 'available' OR "blobId" IS NOT NULL);

-- An hour of an instance is paid once. Corrections of it are lines of their own.
CREATE UNIQUE INDEX "LedgerEntry_hour_once" ON "LedgerEntry" ("instanceId", hour) WHERE kind = 'USAGE';

-- What its host has to do, and what moves by itself: few of all the instances that there ever were.
CREATE INDEX "Instance_in_motion" ON "Instance" ("hostId") WHERE task IS NOT NULL;
-- Runs that have hours without a line.
CREATE INDEX "InstanceRun_unmetered" ON "InstanceRun" ("instanceId") WHERE "isOpen" OR "meteredHour" IS NULL;

-- The ledger is append-only, for whoever holds the application's own database account too.
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "LedgerEntry_is_append_only" BEFORE UPDATE OR DELETE ON "LedgerEntry" FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER "LedgerEntry_is_not_truncated" BEFORE TRUNCATE ON "LedgerEntry" FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- Hours that have begun keep their price.
CREATE FUNCTION refuse_past_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."validFrom" <= clock_timestamp() THEN
    RAISE EXCEPTION 'A price that has begun is not changed: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER "InstancePrice_begun_is_fixed" BEFORE UPDATE OR DELETE ON "InstancePrice" FOR EACH ROW
  EXECUTE FUNCTION refuse_past_price_change();
