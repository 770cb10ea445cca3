-- When both sides of a share are told next that it will end (rule 16). Of shares that have an end
-- already, both sides are told in the last 7 days like those of others.
ALTER TABLE "Share" ADD COLUMN "endNoticeAt" TIMESTAMPTZ(3);
UPDATE "Share" SET "endNoticeAt" = "expiresAt" - interval '7 days' WHERE "expiresAt" IS NOT NULL;
ALTER TABLE "Share" ADD CONSTRAINT "Share_notice_has_end" CHECK ("endNoticeAt" IS NULL OR "expiresAt" IS NOT NULL);
CREATE INDEX "Share_end_notices" ON "Share" ("endNoticeAt") WHERE "endNoticeAt" IS NOT NULL;
