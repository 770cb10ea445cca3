-- An owner protects an image from being deleted.
ALTER TABLE "Image" ADD COLUMN "isProtected" BOOLEAN NOT NULL DEFAULT false;
