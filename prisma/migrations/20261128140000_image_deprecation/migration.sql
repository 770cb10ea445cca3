-- An owner deprecates an image: a moment after which no instance is created from it, and the image to use instead.
ALTER TABLE "Image" ADD COLUMN "deprecatedAt" TIMESTAMPTZ(3),
  ADD COLUMN "retiresAt" TIMESTAMPTZ(3),
  ADD COLUMN "replacementId" TEXT;
ALTER TABLE "Image" ADD CONSTRAINT "Image_deprecation_has_moment"
  CHECK ("deprecatedAt" IS NOT NULL OR ("retiresAt" IS NULL AND "replacementId" IS NULL));
