-- Every open Images page counts the shares that its viewer has not seen yet, every 8 s. There are few of them, however many
-- shares an account holds.
CREATE INDEX "Share_unseen" ON "Share" ("recipientId", "regionId") WHERE "seenAt" IS NULL;
