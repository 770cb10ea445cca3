-- CreateEnum
CREATE TYPE "ViewKind" AS ENUM ('console', 'screen');

-- CreateTable
CREATE TABLE "ViewTicket" (
    "id" TEXT NOT NULL,
    "sessionId" TEXT NOT NULL,
    "instanceId" TEXT NOT NULL,
    "kind" "ViewKind" NOT NULL,
    "from" BIGINT,
    "isTakeOver" BOOLEAN NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ViewTicket_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ViewTicket_sessionId_idx" ON "ViewTicket"("sessionId");

-- CreateIndex
CREATE INDEX "ViewTicket_instanceId_idx" ON "ViewTicket"("instanceId");

-- AddForeignKey
ALTER TABLE "ViewTicket" ADD CONSTRAINT "ViewTicket_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ViewTicket" ADD CONSTRAINT "ViewTicket_instanceId_fkey" FOREIGN KEY ("instanceId") REFERENCES "Instance"("id") ON DELETE CASCADE ON UPDATE CASCADE;
