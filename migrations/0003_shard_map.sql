-- The shard map as the edge loads it: JSON of epochs, ascending; null means one epoch of shard_count. It is a copy: the
-- map in the directory is authoritative.
ALTER TABLE tenants ADD COLUMN shard_map TEXT;

-- Flushes that could not be stored yet, for the status and the dead letters.
CREATE TABLE flush_failures (
  uid           TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  seq_from      INTEGER NOT NULL,
  region        TEXT NOT NULL,
  shard         INTEGER NOT NULL,
  attempts      INTEGER NOT NULL,
  error         TEXT NOT NULL,                   -- the error of the latest attempt
  first_at_ms   INTEGER NOT NULL,
  last_at_ms    INTEGER NOT NULL,
  PRIMARY KEY (uid, incarnation, seq_from)
) WITHOUT ROWID;
