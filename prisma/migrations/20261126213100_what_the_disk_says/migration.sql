-- AlterTable
ALTER TABLE "Image" ALTER COLUMN "bootMode" DROP NOT NULL,
ALTER COLUMN "bootMode" DROP DEFAULT,
ALTER COLUMN "minDiskGib" DROP NOT NULL,
ALTER COLUMN "minDiskGib" DROP DEFAULT,
ALTER COLUMN "minMemoryMib" DROP NOT NULL,
ALTER COLUMN "minMemoryMib" DROP DEFAULT;
-- What Prisma's schema has no word for.

-- Nothing but the defaults ever wrote these columns. What the disks of today say takes the place of the defaults: a boot
-- mode where a partition tells it, and room for the whole disk.
UPDATE "Image" AS image SET
  "bootMode" = (
    SELECT CASE
      WHEN blob.layout->'partitions' @> '[{"type":"efi-system"}]' THEN 'UEFI'::"BootMode"
      WHEN blob.layout->'partitions' @> '[{"type":"bios-boot"}]' THEN 'BIOS'::"BootMode"
    END FROM "Blob" AS blob WHERE blob.id = image."blobId"
  ),
  "minDiskGib" = CASE WHEN "virtualSize" > 0 THEN ceil("virtualSize" / 1073741824.0)::integer END,
  "minMemoryMib" = NULL;

ALTER TABLE "Image" ADD CONSTRAINT "Image_minimums_are_amounts" CHECK ("minDiskGib" > 0 AND "minMemoryMib" > 0);
