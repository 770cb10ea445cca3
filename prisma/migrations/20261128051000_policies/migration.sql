-- Policies of sub-accounts. Until now every sub-account could do everything, so each keeps Administrator.
CREATE TYPE "PolicyName" AS ENUM ('ImagesReadOnly', 'ImagesFull', 'Sharing', 'Incoming', 'InstancesFull', 'BillingReadOnly', 'Administrator');

CREATE TABLE "AttachedPolicy" (
    "accountId" TEXT NOT NULL,
    "policy" "PolicyName" NOT NULL,
    "regionIds" JSONB,

    CONSTRAINT "AttachedPolicy_pkey" PRIMARY KEY ("accountId","policy")
);

-- An empty list would be a policy that applies nowhere.
ALTER TABLE "AttachedPolicy" ADD CONSTRAINT "AttachedPolicy_regionIds_check"
  CHECK ("regionIds" IS NULL OR (jsonb_typeof("regionIds") = 'array' AND jsonb_array_length("regionIds") > 0));

ALTER TABLE "AttachedPolicy" ADD CONSTRAINT "AttachedPolicy_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

INSERT INTO "AttachedPolicy" ("accountId", "policy") SELECT id, 'Administrator' FROM "Account" WHERE kind = 'SUB';
