-- Trait digests (src/lake/upkeep/digest-traits.ts): the events that decide the traits of a span of 32 sealed, long past
-- days, called a block here. A row is valid only while `seals` are the seals that count.
CREATE TABLE profiles (
  uid           TEXT NOT NULL,
  block         INTEGER NOT NULL,                -- the block of the days [32 * block, 32 * block + 32)
  bucket        INTEGER NOT NULL,
  seals         TEXT NOT NULL,                   -- JSON {day: revision} of all sealed days of the block
  path          TEXT NOT NULL,                   -- '' when there is no such event
  row_count     INTEGER NOT NULL,
  size_bytes    INTEGER NOT NULL,
  days          TEXT NOT NULL,                   -- JSON array of {day, rowCount}
  footer        TEXT,
  PRIMARY KEY (uid, block, bucket)
) WITHOUT ROWID;
