-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "AccountKind" AS ENUM ('MASTER', 'SUB');

-- CreateEnum
CREATE TYPE "ImageState" AS ENUM ('importing', 'available', 'copying', 'failed', 'deleting', 'deleted');

-- CreateEnum
CREATE TYPE "DiskFormat" AS ENUM ('qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso');

-- CreateEnum
CREATE TYPE "ImportStep" AS ENUM ('RECEIVE', 'CHECK', 'CONVERT', 'STORE');

-- CreateEnum
CREATE TYPE "BlobState" AS ENUM ('writing', 'ready', 'removing');

-- CreateEnum
CREATE TYPE "BootMode" AS ENUM ('BIOS', 'UEFI');

-- CreateEnum
CREATE TYPE "ImageSource" AS ENUM ('IMPORT', 'COPY', 'INSTANCE');

-- CreateEnum
CREATE TYPE "ShareStatus" AS ENUM ('ACCEPTED');

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "kind" "AccountKind" NOT NULL,
    "masterId" TEXT,
    "displayName" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "disabledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SignInFailure" (
    "id" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SignInFailure_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Region" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Region_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Quota" (
    "accountId" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "images" INTEGER NOT NULL,

    CONSTRAINT "Quota_pkey" PRIMARY KEY ("accountId","regionId")
);

-- CreateTable
CREATE TABLE "Blob" (
    "id" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "format" "DiskFormat" NOT NULL,
    "virtualSize" BIGINT NOT NULL,
    "layout" JSONB,
    "state" "BlobState" NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Blob_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Image" (
    "id" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "operatingSystem" TEXT NOT NULL,
    "architecture" TEXT NOT NULL DEFAULT 'x86_64',
    "bootMode" "BootMode" NOT NULL DEFAULT 'BIOS',
    "minDiskGib" INTEGER NOT NULL DEFAULT 0,
    "minMemoryMib" INTEGER NOT NULL DEFAULT 0,
    "virtualSize" BIGINT NOT NULL DEFAULT 0,
    "size" BIGINT NOT NULL DEFAULT 0,
    "sha256" TEXT,
    "format" "DiskFormat",
    "source" "ImageSource" NOT NULL,
    "state" "ImageState" NOT NULL,
    "failure" JSONB,
    "blobId" TEXT,
    "isNormalised" BOOLEAN NOT NULL DEFAULT false,
    "originName" TEXT,
    "originFormat" "DiskFormat",
    "originSize" BIGINT,
    "originSha256" TEXT,
    "claimedSha256" TEXT,
    "copyOfId" TEXT,
    "copyOfRegionId" TEXT,
    "step" "ImportStep",
    "doneBytes" BIGINT NOT NULL DEFAULT 0,
    "totalBytes" BIGINT NOT NULL DEFAULT 0,
    "leaseUntil" TIMESTAMPTZ(3),
    "deletedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Image_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Share" (
    "id" TEXT NOT NULL,
    "imageId" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "recipientId" TEXT NOT NULL,
    "sharedById" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "status" "ShareStatus" NOT NULL DEFAULT 'ACCEPTED',
    "expiresAt" TIMESTAMPTZ(3),
    "seenAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Share_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ShareDay" (
    "accountId" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "used" INTEGER NOT NULL,

    CONSTRAINT "ShareDay_pkey" PRIMARY KEY ("accountId","day")
);

-- CreateTable
CREATE TABLE "UnknownLookup" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "UnknownLookup_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "action" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "ownerName" TEXT NOT NULL,
    "regionId" TEXT,
    "imageId" TEXT,
    "imageName" TEXT,
    "shareId" TEXT,
    "recipientId" TEXT,
    "recipientName" TEXT,
    "address" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "Event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Account_username_key" ON "Account"("username");

-- CreateIndex
CREATE INDEX "Account_masterId_idx" ON "Account"("masterId");

-- CreateIndex
CREATE INDEX "Session_accountId_idx" ON "Session"("accountId");

-- CreateIndex
CREATE INDEX "Session_expiresAt_idx" ON "Session"("expiresAt");

-- CreateIndex
CREATE INDEX "SignInFailure_username_at_idx" ON "SignInFailure"("username", "at");

-- CreateIndex
CREATE INDEX "SignInFailure_at_idx" ON "SignInFailure"("at");

-- CreateIndex
CREATE INDEX "Blob_regionId_sha256_idx" ON "Blob"("regionId", "sha256");

-- CreateIndex
CREATE UNIQUE INDEX "Blob_id_regionId_key" ON "Blob"("id", "regionId");

-- CreateIndex
CREATE INDEX "Image_blobId_idx" ON "Image"("blobId");

-- CreateIndex
CREATE INDEX "Image_ownerId_regionId_createdAt_id_idx" ON "Image"("ownerId", "regionId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Image_ownerId_regionId_name_id_idx" ON "Image"("ownerId", "regionId", "name", "id");

-- CreateIndex
CREATE INDEX "Image_ownerId_regionId_operatingSystem_id_idx" ON "Image"("ownerId", "regionId", "operatingSystem", "id");

-- CreateIndex
CREATE INDEX "Image_ownerId_regionId_virtualSize_id_idx" ON "Image"("ownerId", "regionId", "virtualSize", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Image_id_ownerId_regionId_key" ON "Image"("id", "ownerId", "regionId");

-- CreateIndex
CREATE INDEX "Share_imageId_createdAt_id_idx" ON "Share"("imageId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Share_recipientId_regionId_createdAt_id_idx" ON "Share"("recipientId", "regionId", "createdAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Share_imageId_recipientId_key" ON "Share"("imageId", "recipientId");

-- CreateIndex
CREATE INDEX "UnknownLookup_accountId_at_idx" ON "UnknownLookup"("accountId", "at");

-- CreateIndex
CREATE INDEX "Event_imageId_id_idx" ON "Event"("imageId", "id");

-- CreateIndex
CREATE INDEX "Event_shareId_id_idx" ON "Event"("shareId", "id");

-- CreateIndex
CREATE INDEX "Event_ownerId_id_idx" ON "Event"("ownerId", "id");

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_masterId_fkey" FOREIGN KEY ("masterId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Quota" ADD CONSTRAINT "Quota_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Quota" ADD CONSTRAINT "Quota_regionId_fkey" FOREIGN KEY ("regionId") REFERENCES "Region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Blob" ADD CONSTRAINT "Blob_regionId_fkey" FOREIGN KEY ("regionId") REFERENCES "Region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Image" ADD CONSTRAINT "Image_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Image" ADD CONSTRAINT "Image_regionId_fkey" FOREIGN KEY ("regionId") REFERENCES "Region"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Image" ADD CONSTRAINT "Image_blobId_regionId_fkey" FOREIGN KEY ("blobId", "regionId") REFERENCES "Blob"("id", "regionId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Share" ADD CONSTRAINT "Share_imageId_ownerId_regionId_fkey" FOREIGN KEY ("imageId", "ownerId", "regionId") REFERENCES "Image"("id", "ownerId", "regionId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Share" ADD CONSTRAINT "Share_recipientId_fkey" FOREIGN KEY ("recipientId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Share" ADD CONSTRAINT "Share_sharedById_fkey" FOREIGN KEY ("sharedById") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ShareDay" ADD CONSTRAINT "ShareDay_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "UnknownLookup" ADD CONSTRAINT "UnknownLookup_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- What Prisma's schema has no word for.

ALTER TABLE "Account" ADD CONSTRAINT "Account_sub_has_master" CHECK ((kind = 'SUB') = ("masterId" IS NOT NULL));
ALTER TABLE "Share" ADD CONSTRAINT "Share_recipient_is_not_owner" CHECK ("recipientId" <> "ownerId");
ALTER TABLE "ShareDay" ADD CONSTRAINT "ShareDay_used_is_positive" CHECK (used > 0);
ALTER TABLE "Quota" ADD CONSTRAINT "Quota_images_is_not_negative" CHECK (images >= 0);

ALTER TABLE "Image" ADD CONSTRAINT "Image_in_use_has_bytes"
  CHECK (state NOT IN ('available', 'deleted') OR ("blobId" IS NOT NULL AND sha256 IS NOT NULL));
ALTER TABLE "Image" ADD CONSTRAINT "Image_in_bin_has_date" CHECK ((state = 'deleted') = ("deletedAt" IS NOT NULL));

-- Only few images are ever in motion or on their way out; the sweep finds them without reading the others.
CREATE INDEX "Image_in_motion" ON "Image" (state, "leaseUntil") WHERE state <> 'available';
CREATE INDEX "Image_copying" ON "Image" ("copyOfId") WHERE state = 'copying';
CREATE INDEX "Blob_in_motion" ON "Blob" (state) WHERE state <> 'ready';

-- Content is kept once in a store.
CREATE UNIQUE INDEX "Blob_ready_once" ON "Blob" ("regionId", sha256) WHERE state = 'ready';

-- The record of events is append-only, for whoever holds the application's own database account too.
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Events are append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "Event_is_append_only" BEFORE UPDATE OR DELETE ON "Event" FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER "Event_is_not_truncated" BEFORE TRUNCATE ON "Event" FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();
