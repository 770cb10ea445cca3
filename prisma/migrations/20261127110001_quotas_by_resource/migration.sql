-- A quota is a row of its resource, so that a further resource needs no column.
ALTER TABLE "Quota" DROP CONSTRAINT "Quota_pkey", ADD COLUMN "resource" TEXT, ADD COLUMN "amount" BIGINT;

UPDATE "Quota" SET resource = 'images', amount = images;
INSERT INTO "Quota" ("accountId", "regionId", images, resource, amount)
SELECT "accountId", "regionId", images, 'bytes', bytes FROM "Quota" WHERE bytes IS NOT NULL;

ALTER TABLE "Quota" DROP COLUMN "images", DROP COLUMN "bytes",
ALTER COLUMN "resource" SET NOT NULL,
ALTER COLUMN "amount" SET NOT NULL,
ADD CONSTRAINT "Quota_pkey" PRIMARY KEY ("accountId", "regionId", "resource");

-- What Prisma's schema has no word for.

ALTER TABLE "Quota" ADD CONSTRAINT "Quota_amount_is_not_negative" CHECK (amount >= 0);
