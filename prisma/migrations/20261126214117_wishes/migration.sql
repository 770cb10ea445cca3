-- CreateTable
CREATE TABLE "Wish" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "answer" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Wish_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Wish_accountId_idx" ON "Wish"("accountId");

-- CreateIndex
CREATE INDEX "Wish_at_idx" ON "Wish"("at");

-- AddForeignKey
ALTER TABLE "Wish" ADD CONSTRAINT "Wish_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
