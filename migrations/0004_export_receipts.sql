-- Receipts of exports: the rows and bytes of a stream that ended whole, so that a client can compare them with its
-- file.
CREATE TABLE exports (
  uid            TEXT NOT NULL,
  export_id      TEXT NOT NULL,
  format         TEXT NOT NULL,                  -- parquet | csv | ndjson
  row_count      INTEGER NOT NULL,
  size_bytes     INTEGER NOT NULL,
  sha256         TEXT NOT NULL,                  -- the hash of the whole stream, hex
  as_of_ms       INTEGER NOT NULL,
  finished_at_ms INTEGER NOT NULL,
  PRIMARY KEY (uid, export_id)
) WITHOUT ROWID;
CREATE INDEX exports_finished ON exports (finished_at_ms);
