-- AlterTable
ALTER TABLE "UnknownLookup" ADD COLUMN     "username" TEXT;
-- Which names were asked for was not kept. An id is no username, so the rows go on counting, and are gone in an hour.
UPDATE "UnknownLookup" SET username = id;
ALTER TABLE "UnknownLookup" ALTER COLUMN "username" SET NOT NULL,
DROP CONSTRAINT "UnknownLookup_pkey",
DROP COLUMN "id",
ADD CONSTRAINT "UnknownLookup_pkey" PRIMARY KEY ("accountId", "username");

-- CreateTable
CREATE TABLE "ShareTry" (
    "accountId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ShareTry_pkey" PRIMARY KEY ("accountId")
);

-- AddForeignKey
ALTER TABLE "ShareTry" ADD CONSTRAINT "ShareTry_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
