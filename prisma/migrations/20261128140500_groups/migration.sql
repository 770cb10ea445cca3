-- Named lists of recipients.
CREATE TABLE "RecipientGroup" (
    "id" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "usernames" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "RecipientGroup_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "RecipientGroup_ownerId_name_key" ON "RecipientGroup"("ownerId", "name");
ALTER TABLE "RecipientGroup" ADD CONSTRAINT "RecipientGroup_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
