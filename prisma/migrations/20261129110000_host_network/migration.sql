-- A host says which network instances have, and why they cannot be connected to it.

-- AlterTable
ALTER TABLE "MachineHost" ADD COLUMN     "network" TEXT,
ADD COLUMN     "networkProblem" TEXT;
