-- Profiles (src/lake/profiles): of a block of 32 days, sealed and long past, the events that still say what a trait is. A row is
-- of use only while `seals` are the seals that count.
CREATE TABLE profiles (
  uid           TEXT NOT NULL,
  block         INTEGER NOT NULL,                -- its days are [32 * block, 32 * block + 32)
  bucket        INTEGER NOT NULL,
  seals         TEXT NOT NULL,                   -- JSON {day: revision}, of all sealed days of the block
  path          TEXT NOT NULL,                   -- '': there is no such event
  row_count     INTEGER NOT NULL,
  size_bytes    INTEGER NOT NULL,
  days          TEXT NOT NULL,                   -- JSON array of {day, rowCount}
  footer        TEXT,
  PRIMARY KEY (uid, block, bucket)
) WITHOUT ROWID;
