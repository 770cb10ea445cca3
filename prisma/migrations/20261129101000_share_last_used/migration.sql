-- When the recipient of a share last created an instance of its image. Instances go 7 days after their end, and took that with them.
ALTER TABLE "Share" ADD COLUMN "lastUsedAt" TIMESTAMPTZ(3);
UPDATE "Share" s SET "lastUsedAt" = used.at
FROM (SELECT "imageId", "ownerId", max("createdAt") AS at FROM "Instance" GROUP BY 1, 2) used
WHERE used."imageId" = s."imageId" AND used."ownerId" = s."recipientId";

CREATE OR REPLACE VIEW "LiveShare" AS
  SELECT id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", note, status, "expiresAt", "answerBy", "seenAt", "createdAt",
    "lastUsedAt"
  FROM "Share" WHERE coalesce(least("expiresAt", "answerBy") > statement_timestamp(), true);
