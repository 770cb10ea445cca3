-- AlterTable
ALTER TABLE "Image" ADD COLUMN "madeFrom" JSONB;
ALTER TABLE "Snapshot" ADD COLUMN "imageWhenDone" TEXT;

-- What Prisma's schema has no word for.

-- Few snapshots are ever being made.
CREATE INDEX "Snapshot_creating" ON "Snapshot" ("instanceId") WHERE state = 'creating';

-- A snapshot that is asked for or called off wakes the host of its instance.
CREATE FUNCTION wake_host_for_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('instances', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER "Snapshot_wakes_host" AFTER INSERT OR DELETE ON "Snapshot" FOR EACH ROW EXECUTE FUNCTION wake_host_for_snapshot();
