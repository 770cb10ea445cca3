-- Which disk of an instance was started, and whether that start gave it a network card.

-- AlterTable
ALTER TABLE "Instance" ADD COLUMN     "hasCard" BOOLEAN,
ADD COLUMN     "startedBuild" TEXT;

-- Of those that ran it is not known with which disk. Their guests may have written to the present one, unless that could not be built.
UPDATE "Instance" i SET "startedBuild" = build
WHERE state <> 'terminated' AND EXISTS (SELECT FROM "InstanceRun" r WHERE r."instanceId" = i.id)
  AND NOT (state = 'failed' AND coalesce(reason ->> 'code', '') IN
    ('STORE_FULL', 'STORE_UNREACHABLE', 'STORED_BYTES_DAMAGED', 'TASK_TIMED_OUT'));
