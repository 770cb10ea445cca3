-- The verification of a recipient's own trail looks up the events that concern it.

-- CreateIndex
CREATE INDEX "Event_recipientId_id_idx" ON "Event"("recipientId", "id");
