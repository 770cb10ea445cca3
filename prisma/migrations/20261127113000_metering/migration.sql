-- Runs that have an hour without a line, open or closed: a run that ended since it was metered last is among them. An hour
-- that a run only touches at its end is not one of its hours.
DROP INDEX "InstanceRun_unmetered";
CREATE INDEX "InstanceRun_unmetered" ON "InstanceRun" ("instanceId", "from")
  WHERE "meteredHour" IS NULL OR "to" - "meteredHour" > interval '1 hour';

-- The currency of the ledger is that of its first line. Who adds lines waits for whoever does so at the same time, so that two
-- first lines cannot be of two currencies.
CREATE FUNCTION lock_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7300402);
  RETURN NULL;
END
$$;
CREATE FUNCTION refuse_second_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added WHERE currency <> (SELECT currency FROM "LedgerEntry" ORDER BY id LIMIT 1)) THEN
    RAISE EXCEPTION 'The ledger has one currency, that of its first line.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "LedgerEntry_one_at_a_time" BEFORE INSERT ON "LedgerEntry" FOR EACH STATEMENT EXECUTE FUNCTION lock_ledger();
CREATE TRIGGER "LedgerEntry_has_one_currency" AFTER INSERT ON "LedgerEntry" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_second_currency();
