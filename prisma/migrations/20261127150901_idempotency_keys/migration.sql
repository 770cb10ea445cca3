-- What the table is, by the name that the field has for it.
ALTER TABLE "Wish" RENAME TO "IdempotencyKey";
ALTER TABLE "IdempotencyKey" RENAME CONSTRAINT "Wish_pkey" TO "IdempotencyKey_pkey";
ALTER TABLE "IdempotencyKey" RENAME CONSTRAINT "Wish_accountId_fkey" TO "IdempotencyKey_accountId_fkey";
ALTER INDEX "Wish_accountId_idx" RENAME TO "IdempotencyKey_accountId_idx";
ALTER INDEX "Wish_at_idx" RENAME TO "IdempotencyKey_at_idx";
