-- Cells of a sealed day take less of the database: people by the hour are a file of the lake, and a small day is one row.
--
-- JSON {revision, rollupIds, hours: {file, chunks} | null}: how the seal of that revision has stored its cells; null for a seal of
-- an older release. `rollup_ids` is '[]' beside it: an older release then answers from the events.
ALTER TABLE sealed_days ADD COLUMN lake_cells TEXT;

-- Of a row with the cells of all rollups of a day (rollup_id and grain '*', cells as a BLOB): where each piece lies in it, as JSON
-- {people: bytes, day: {rollup: [offset, bytes]}, hour: {rollup: [offset, bytes]}, hourFrom: offset}.
ALTER TABLE sealed_cells ADD COLUMN sections TEXT;

-- The file of a seal that was replaced goes an hour later, as other files do. The database notes it, so that no writer forgets it,
-- whatever its release. A file that is noted twice is deleted twice.
CREATE TRIGGER sealed_days_hours AFTER UPDATE OF revision ON sealed_days
WHEN NEW.revision > OLD.revision AND OLD.lake_cells ->> '$.hours.file' IS NOT NULL
BEGIN
  INSERT OR IGNORE INTO garbage (path, after_ms)
  VALUES ('lake/v1/' || OLD.uid || '/hours/' || date(OLD.day * 86400, 'unixepoch') || '/' || (OLD.lake_cells ->> '$.hours.file')
    || '.cells', NEW.sealed_at_ms + 3600000);
END;
