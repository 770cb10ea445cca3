-- AlterTable
ALTER TABLE "Instance" ADD COLUMN "minMemoryMib" INTEGER;

-- What Prisma's schema has no word for.

-- Whoever asks for something of an instance wakes its host, which need not wait for its next look.
CREATE FUNCTION wake_host() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('instances', NEW."hostId");
  RETURN NULL;
END
$$;
CREATE TRIGGER "Instance_wakes_host" AFTER INSERT OR UPDATE OF revision ON "Instance" FOR EACH ROW
  WHEN (NEW.task IS NOT NULL) EXECUTE FUNCTION wake_host();
