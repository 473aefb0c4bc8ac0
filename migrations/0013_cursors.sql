-- Cursors of destinations (src/sinks/sink.ts): the position up to which the stored flushes of a tenant were delivered to
-- a destination.
CREATE TABLE cursors (
  uid           TEXT NOT NULL,
  destination   TEXT NOT NULL,                   -- Destination.name
  position      INTEGER NOT NULL,                -- manifest_seq of the last flush that was delivered
  PRIMARY KEY (uid, destination)
) WITHOUT ROWID;
