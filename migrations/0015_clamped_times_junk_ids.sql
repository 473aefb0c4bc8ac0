-- Accepted events of a flush whose times lay in the future and were clamped. Flushes stored before count none.
ALTER TABLE flushes ADD COLUMN clamped INTEGER NOT NULL DEFAULT 0;

-- Changes of the tenant to the list of junk ids: {"add": [...], "except": [...]}; null when there are none.
ALTER TABLE tenants ADD COLUMN junk_ids TEXT;
