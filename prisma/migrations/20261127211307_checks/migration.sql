-- CreateEnum
CREATE TYPE "CheckState" AS ENUM ('running', 'clean', 'findings', 'unchecked', 'failed');

-- CreateEnum
CREATE TYPE "FindingSeverity" AS ENUM ('critical', 'high', 'medium', 'low');

-- CreateTable
CREATE TABLE "Check" (
    "sha256" TEXT NOT NULL,
    "state" "CheckState" NOT NULL,
    "reason" TEXT,
    "rulesVersion" TEXT,
    "isDeep" BOOLEAN NOT NULL DEFAULT false,
    "critical" INTEGER NOT NULL DEFAULT 0,
    "high" INTEGER NOT NULL DEFAULT 0,
    "medium" INTEGER NOT NULL DEFAULT 0,
    "low" INTEGER NOT NULL DEFAULT 0,
    "beyond" INTEGER NOT NULL DEFAULT 0,
    "report" JSONB,
    "endedAt" TIMESTAMPTZ(3),
    "isQueued" BOOLEAN NOT NULL,
    "isDeepNext" BOOLEAN NOT NULL DEFAULT false,
    "filesLooked" INTEGER NOT NULL DEFAULT 0,
    "filesTotal" INTEGER NOT NULL DEFAULT 0,
    "leaseHolder" TEXT,
    "renewedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "patienceMs" INTEGER NOT NULL DEFAULT 600000,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Check_pkey" PRIMARY KEY ("sha256")
);

-- CreateTable
CREATE TABLE "Finding" (
    "sha256" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "severity" "FindingSeverity" NOT NULL,
    "partition" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "line" INTEGER,
    "offset" BIGINT,
    "masked" TEXT,
    "ownedBy" TEXT,
    "remedy" TEXT NOT NULL,
    "cleanable" BOOLEAN NOT NULL,

    CONSTRAINT "Finding_pkey" PRIMARY KEY ("sha256", "id")
);

-- CreateTable
CREATE TABLE "IgnoredFinding" (
    "ownerId" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "findingId" TEXT NOT NULL,
    "severity" "FindingSeverity" NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "IgnoredFinding_pkey" PRIMARY KEY ("ownerId", "sha256", "findingId")
);

-- CreateIndex
CREATE INDEX "IgnoredFinding_sha256_idx" ON "IgnoredFinding"("sha256");

-- CreateIndex
CREATE INDEX "Blob_sha256_idx" ON "Blob"("sha256");

-- AddForeignKey
ALTER TABLE "Finding" ADD CONSTRAINT "Finding_sha256_fkey" FOREIGN KEY ("sha256") REFERENCES "Check"("sha256") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IgnoredFinding" ADD CONSTRAINT "IgnoredFinding_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IgnoredFinding" ADD CONSTRAINT "IgnoredFinding_sha256_fkey" FOREIGN KEY ("sha256") REFERENCES "Check"("sha256") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema has no word for.

-- The sweep looks for those whose worker has died, without reading the others.
CREATE INDEX "Check_queued" ON "Check" ("sha256") WHERE "isQueued";

ALTER TABLE "Check" ADD CONSTRAINT "Check_counts_are_not_negative"
  CHECK (least(critical, high, medium, low, beyond, "filesLooked", "filesTotal") >= 0),
ADD CONSTRAINT "Check_has_verdict_or_is_queued"
  CHECK (CASE state WHEN 'running' THEN "isQueued" AND "endedAt" IS NULL ELSE "endedAt" IS NOT NULL END);

ALTER TABLE "IgnoredFinding" ADD CONSTRAINT "IgnoredFinding_has_reason" CHECK (char_length(reason) BETWEEN 10 AND 200);
