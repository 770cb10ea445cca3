-- A number of its own: the one before is the lock that the process of a host holds all the time.
CREATE OR REPLACE FUNCTION lock_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7300403);
  RETURN NULL;
END
$$;
