-- When the recipient of a share last created an instance of its image. Instances go 7 days after their end, and took that with them.
ALTER TABLE "Share" ADD COLUMN "lastUsedAt" TIMESTAMPTZ(3);
UPDATE "Share" s SET "lastUsedAt" = used.at
FROM (
  SELECT held.id, max(n."createdAt") AS at FROM "Share" held
  JOIN "Instance" n ON n."imageId" = held."imageId" AND n."ownerId" = held."recipientId" AND n."createdAt" >= held."createdAt"
  WHERE held.status = 'ACCEPTED' GROUP BY held.id
) used
WHERE used.id = s.id;

CREATE OR REPLACE VIEW "LiveShare" AS
  SELECT id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", note, status, "expiresAt", "answerBy", "seenAt", "createdAt",
    "lastUsedAt"
  FROM "Share" WHERE coalesce(least("expiresAt", "answerBy") > statement_timestamp(), true);
