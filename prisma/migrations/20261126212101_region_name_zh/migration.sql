-- AlterTable
ALTER TABLE "Region" ADD COLUMN     "nameZh" TEXT;

-- The regions of the demo data, where they still have the names that it gave them.
UPDATE "Region" SET "nameZh" = CASE id
    WHEN 'cn-beijing' THEN '华北（北京）'
    WHEN 'cn-shanghai' THEN '华东（上海）'
    WHEN 'cn-shenzhen' THEN '华南（深圳）'
  END
  WHERE (id, name) IN (
    ('cn-beijing', 'China North (Beijing)'),
    ('cn-shanghai', 'China East (Shanghai)'),
    ('cn-shenzhen', 'China South (Shenzhen)')
  );
