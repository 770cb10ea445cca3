-- When an account signed in last, for the page of sub-accounts. Of those before this, nobody knows.
ALTER TABLE "Account" ADD COLUMN "lastSignInAt" TIMESTAMPTZ(3);
