-- The Sharing page lists all shares of an account, given and received, over all images of a region.
CREATE INDEX "Share_ownerId_regionId_createdAt_id_idx" ON "Share"("ownerId", "regionId", "createdAt", "id");
CREATE INDEX "Instance_imageId_ownerId_createdAt_idx" ON "Instance"("imageId", "ownerId", "createdAt");

-- Sorted by their end, shares without one come last; a keyset needs a value where there is none.
CREATE INDEX "Share_given_by_end" ON "Share" ("ownerId", "regionId", (coalesce("expiresAt", '9999-12-31T00:00:00Z'::timestamptz)), "id");
CREATE INDEX "Share_received_by_end" ON "Share" ("recipientId", "regionId", (coalesce("expiresAt", '9999-12-31T00:00:00Z'::timestamptz)), "id");
