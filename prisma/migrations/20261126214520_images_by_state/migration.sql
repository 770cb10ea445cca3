-- Every page of the own list counts one's images by state: what the quota counts, what is in the recycle bin. Without the state
-- in an index each count read all images of the owner from the table. The id stands in it because a smaller index would be
-- preferred to the unique one for the foreign key of shares where a table has no statistics yet, as in a restore: each
-- share then read all images of its owner.
CREATE INDEX "Image_ownerId_regionId_state_id_idx" ON "Image" ("ownerId", "regionId", state, id);
