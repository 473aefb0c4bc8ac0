-- The shard map as the edge loads it: JSON of epochs, ascending; null: one epoch of shard_count. The directory has the truth.
ALTER TABLE tenants ADD COLUMN shard_map TEXT;

-- Flushes that failed to be stored, until they are: for status and dead letters.
CREATE TABLE flush_failures (
  uid           TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  seq_from      INTEGER NOT NULL,
  region        TEXT NOT NULL,
  shard         INTEGER NOT NULL,
  attempts      INTEGER NOT NULL,
  error         TEXT NOT NULL,                   -- of the latest attempt
  first_at_ms   INTEGER NOT NULL,
  last_at_ms    INTEGER NOT NULL,
  PRIMARY KEY (uid, incarnation, seq_from)
) WITHOUT ROWID;
