-- AlterEnum
ALTER TYPE "TransferKind" ADD VALUE 'CLEAN';
ALTER TYPE "TransferStep" ADD VALUE 'CLEAN';
ALTER TYPE "ImageSource" ADD VALUE 'CLEAN';

-- CreateTable
CREATE TABLE "CleanCopy" (
    "imageId" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "findings" JSONB NOT NULL,
    "isReset" BOOLEAN NOT NULL,
    "critical" INTEGER NOT NULL,
    "high" INTEGER NOT NULL,
    "medium" INTEGER NOT NULL,
    "low" INTEGER NOT NULL,

    CONSTRAINT "CleanCopy_pkey" PRIMARY KEY ("imageId")
);

-- AddForeignKey
ALTER TABLE "CleanCopy" ADD CONSTRAINT "CleanCopy_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE;
