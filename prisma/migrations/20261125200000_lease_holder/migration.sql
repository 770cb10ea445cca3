-- AlterTable
ALTER TABLE "Image" ADD COLUMN     "leaseHolder" TEXT;
-- What Prisma's schema has no word for.

-- What is in motion and belongs to nobody for ever would keep its quota place for ever.
UPDATE "Image" SET "leaseUntil" = now() WHERE state IN ('importing', 'copying') AND "leaseUntil" IS NULL;
ALTER TABLE "Image" ADD CONSTRAINT "Image_in_motion_has_lease"
  CHECK (state NOT IN ('importing', 'copying') OR "leaseUntil" IS NOT NULL);
