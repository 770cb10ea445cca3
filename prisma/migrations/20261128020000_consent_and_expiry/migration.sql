-- Consent of recipients (rule 15) and shares that end (rule 16).

CREATE TYPE "IncomingPolicy" AS ENUM ('ALL', 'ASK', 'NAMED');
CREATE TYPE "IncomingListKind" AS ENUM ('ALLOWED', 'BLOCKED');
ALTER TABLE "Account" ADD COLUMN "incoming" "IncomingPolicy" NOT NULL DEFAULT 'ALL';

CREATE TABLE "IncomingName" (
    "accountId" TEXT NOT NULL,
    "kind" "IncomingListKind" NOT NULL,
    "username" TEXT NOT NULL,

    CONSTRAINT "IncomingName_pkey" PRIMARY KEY ("accountId","kind","username")
);
ALTER TABLE "IncomingName" ADD CONSTRAINT "IncomingName_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The type is made anew: a value that ALTER TYPE adds cannot be used in the transaction of a migration.
ALTER TYPE "ShareStatus" RENAME TO "ShareStatus_old";
CREATE TYPE "ShareStatus" AS ENUM ('PENDING', 'ACCEPTED');
ALTER TABLE "Share" ALTER COLUMN "status" DROP DEFAULT,
  ALTER COLUMN "status" TYPE "ShareStatus" USING "status"::text::"ShareStatus",
  ALTER COLUMN "status" SET DEFAULT 'ACCEPTED',
  ADD COLUMN "answerBy" TIMESTAMPTZ(3);
DROP TYPE "ShareStatus_old";
ALTER TABLE "Share" ADD CONSTRAINT "Share_pending_has_end" CHECK ((status = 'PENDING') = ("answerBy" IS NOT NULL));

-- Most shares have no end; the sweep finds the others without reading them.
CREATE INDEX "Share_ends" ON "Share" (least("expiresAt", "answerBy")) WHERE least("expiresAt", "answerBy") IS NOT NULL;

-- One clock for all servers, read when a statement begins: under the locks, whoever comes later never finds a share live that
-- another has found over.
CREATE VIEW "LiveShare" AS
  SELECT id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", note, status, "expiresAt", "answerBy", "seenAt", "createdAt"
  FROM "Share" WHERE coalesce(least("expiresAt", "answerBy") > statement_timestamp(), true);
CREATE VIEW "HeldShare" AS
  SELECT id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", note, "expiresAt", "seenAt", "createdAt"
  FROM "LiveShare" WHERE status = 'ACCEPTED';
