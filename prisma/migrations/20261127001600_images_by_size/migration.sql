-- The bytes that an account takes in a region come from the index, as the number of its images does: with the size only in the
-- rows, an owner of 10,000 images had all of them read for every list.
CREATE INDEX "Image_ownerId_regionId_state_size_id_idx" ON "Image" ("ownerId", "regionId", state, size, id);
DROP INDEX "Image_ownerId_regionId_state_id_idx";
