-- Tags of an image. Owner and region ride along in the key, so the database itself refuses a tag that says another owner or region.
CREATE TABLE "ImageTag" (
    "imageId" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "regionId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "ImageTag_pkey" PRIMARY KEY ("imageId","key")
);
CREATE INDEX "ImageTag_ownerId_regionId_key_value_imageId_idx" ON "ImageTag"("ownerId", "regionId", "key", "value", "imageId");
ALTER TABLE "ImageTag" ADD CONSTRAINT "ImageTag_imageId_ownerId_regionId_fkey" FOREIGN KEY ("imageId", "ownerId", "regionId") REFERENCES "Image"("id", "ownerId", "regionId") ON DELETE CASCADE ON UPDATE CASCADE;
