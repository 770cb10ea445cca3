-- CreateTable
CREATE TABLE "RefusedTry" (
    "actorId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,
    "address" TEXT,

    CONSTRAINT "RefusedTry_pkey" PRIMARY KEY ("actorId","kind","hour")
);

-- AddForeignKey
ALTER TABLE "RefusedTry" ADD CONSTRAINT "RefusedTry_actorId_fkey" FOREIGN KEY ("actorId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- CreateIndex
CREATE INDEX "RefusedTry_hour_idx" ON "RefusedTry"("hour");
