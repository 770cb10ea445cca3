-- AlterTable
ALTER TABLE "Quota" ADD COLUMN     "bytes" BIGINT;

-- AlterTable
ALTER TABLE "Transfer" ADD COLUMN     "reservedBytes" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "promisedBytes" BIGINT NOT NULL DEFAULT 0;

-- What is in motion has its room from now on. A step that does not write has none, and asks when it goes on.
UPDATE "Transfer" t SET "promisedBytes" = greatest(t."totalBytes", coalesce(i."originSize", 0)),
  "reservedBytes" = CASE WHEN t.step IN ('RECEIVE', 'STORE') THEN greatest(t."totalBytes" - t."doneBytes", 0) ELSE 0 END
FROM "Image" i WHERE i.id = t."imageId";

-- What Prisma's schema has no word for.

ALTER TABLE "Quota" ADD CONSTRAINT "Quota_bytes_is_not_negative" CHECK (bytes >= 0);
ALTER TABLE "Transfer" ADD CONSTRAINT "Transfer_bytes_are_not_negative" CHECK ("reservedBytes" >= 0 AND "promisedBytes" >= 0);
