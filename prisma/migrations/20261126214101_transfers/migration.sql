-- CreateEnum
CREATE TYPE "TransferKind" AS ENUM ('IMPORT', 'COPY');

-- CreateEnum
CREATE TYPE "TransferStep" AS ENUM ('RECEIVE', 'CHECK', 'CONVERT', 'STORE');

-- CreateTable
CREATE TABLE "Transfer" (
    "imageId" TEXT NOT NULL,
    "kind" "TransferKind" NOT NULL,
    "step" "TransferStep" NOT NULL,
    "doneBytes" BIGINT NOT NULL DEFAULT 0,
    "totalBytes" BIGINT NOT NULL DEFAULT 0,
    "leaseHolder" TEXT,
    "renewedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "patienceMs" INTEGER NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "failure" JSONB,

    CONSTRAINT "Transfer_pkey" PRIMARY KEY ("imageId")
);

-- AddForeignKey
ALTER TABLE "Transfer" ADD CONSTRAINT "Transfer_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is in motion stays in motion: who holds it keeps it for what is left of the lease, what waits goes on waiting. A
-- conversion counted percent, and begins its count anew.
INSERT INTO "Transfer" ("imageId", kind, step, "doneBytes", "totalBytes", "leaseHolder", "patienceMs")
SELECT id, CASE state WHEN 'copying' THEN 'COPY' ELSE 'IMPORT' END::"TransferKind",
  CASE state WHEN 'copying' THEN 'STORE' ELSE coalesce(step::text, 'RECEIVE') END::"TransferStep",
  CASE step WHEN 'CONVERT' THEN 0 ELSE "doneBytes" END, CASE step WHEN 'CONVERT' THEN 0 ELSE "totalBytes" END, "leaseHolder",
  least(greatest(extract(epoch FROM "leaseUntil" - clock_timestamp()) * 1000, 0), 2147483647)::integer
FROM "Image" WHERE state IN ('importing', 'copying');

-- DropIndex and AlterTable: what an image in motion knew of it, with the check and the index on it.
DROP INDEX "Image_in_motion";
ALTER TABLE "Image" DROP CONSTRAINT "Image_in_motion_has_lease",
DROP COLUMN "step",
DROP COLUMN "doneBytes",
DROP COLUMN "totalBytes",
DROP COLUMN "leaseHolder",
DROP COLUMN "leaseUntil";

-- DropEnum
DROP TYPE "ImportStep";

-- What Prisma's schema has no word for.

-- Only few images are ever in motion or on their way out; the sweep finds them without reading the others.
CREATE INDEX "Image_in_motion" ON "Image" (state) WHERE state <> 'available';

-- What is in motion without a transfer would belong to nobody and keep its quota place for ever. Asked at the end of the
-- transaction, because image and transfer are written one after the other.
CREATE FUNCTION require_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "Image" i WHERE i.id = NEW.id AND i.state IN ('importing', 'copying')
      AND NOT EXISTS (SELECT FROM "Transfer" t WHERE t."imageId" = i.id)) THEN
    RAISE EXCEPTION 'Image % is in motion without a transfer.', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "Image_in_motion_has_transfer" AFTER INSERT OR UPDATE OF state ON "Image"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('importing', 'copying')) EXECUTE FUNCTION require_transfer();
