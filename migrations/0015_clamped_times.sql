-- Accepted events of a flush whose times lay in the future and were clamped. Flushes stored before count none.
ALTER TABLE flushes ADD COLUMN clamped INTEGER NOT NULL DEFAULT 0;
